"""What every source of work can be asked.

A source says which metrics it needs and which one API call it makes, and turns the answers into a
reading. It calls nothing itself: all metrics of all sources go into one request, and all calls are
made side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from queue_scaling.problem import InvalidTag
from queue_scaling.reading import Reading
from queue_scaling.reference import QUEUE_TAG, Reference

# Times (epoch seconds, the period's beginning) and values, newest first.
Series = Sequence[tuple[float, float]]
ClientOf = Callable[[Literal["sqs", "kinesis"]], Any]

_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric by the minute."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str


class Unread(Exception):
    """A source could not be read this time; the next tick tries again."""


class Source(Protocol):
    """One queue, stream or metric."""

    @property
    def reference(self) -> Reference:
        """What the tag names."""
        ...

    def queries(self) -> Sequence[MetricQuery]:
        """The metrics that a reading needs, at every tick."""
        ...

    def call(self, client: ClientOf) -> Any:
        """Make the source's one call; None for a source that has none."""
        ...

    def reading(self, answer: Any, metrics: Mapping[MetricQuery, Series], now: float) -> Reading:
        """Read the answers; raises ``InvalidTag`` when the tag is wrong, ``Unread`` otherwise."""
        ...


def refused(reference: Reference, code: str, message: str, *, gone: tuple[str, ...]) -> Exception:
    """What a failed call means for the service: its tag is wrong, or the next tick tries again."""
    if code in gone:
        return InvalidTag(QUEUE_TAG, reference.text, "does not exist in this account and Region")
    if code in _DENIED:
        return InvalidTag(
            QUEUE_TAG,
            reference.text,
            f"may not be read ({message[:200]}): its policy must not deny it to the toolkit's role",
        )
    return Unread(f"{reference.text}: {code}: {message}")
