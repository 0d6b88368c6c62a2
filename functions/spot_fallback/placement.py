"""What ECS says of tasks that found no place: whether capacity is short, or something else is in the way.

Pure. The words are those of "Service event messages"; ECS says the same once, and not again "until either
the cause is resolved or six hours passes"
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

REPEATED_AFTER_S = 6 * 3_600.0
_NO_PLACE = "was unable to place a task"
# After these, what was said before is over, or not why tasks are missing now.
_STARTED = "has started"
_OVER = ("has reached a steady state", "is unable to consistently start tasks")
_CAPACITY_OF_FARGATE = ("Capacity is unavailable",)
_CAPACITY_OF_INSTANCES = ("insufficient", "No Container Instances were found")
_FARGATE = frozenset({"RESOURCE:FARGATE"})
_INSTANCES = frozenset(
    {"RESOURCE:CPU", "RESOURCE:MEMORY", "RESOURCE:GPU", "EMPTY CAPACITY", "EMPTY CAPACITY PROVIDER"}
)


class Unplaced(msgspec.Struct, frozen=True):
    """When ECS last said it, what, whether it means a shortage, and whether nothing said that it is over."""

    at: float
    text: str
    short: bool
    lasts: bool
    started: bool = (
        False  # ECS has started tasks since: some found a place, the others may wait still
    )

    def holds(self, now: float, fresh_s: float) -> bool:
        """Whether tasks that are missing now are so for this reason."""
        return now - self.at <= (REPEATED_AFTER_S if self.lasts else fresh_s)


def is_shortage(reason: str | None, *, on_instances: bool) -> bool:
    """Whether an event's reason means that there is no capacity: no quota, address, port or attribute."""
    return reason in (_INSTANCES if on_instances else _FARGATE)


def last_said(
    events: Iterable[Mapping[str, Any]], now: float, *, on_instances: bool
) -> Unplaced | None:
    """The newest such message of a service; ``events`` as DescribeServices gives them, newest first."""
    capacity = _CAPACITY_OF_INSTANCES if on_instances else _CAPACITY_OF_FARGATE
    lasts, started = True, False
    for event in events:
        text = event.get("message", "")
        if _NO_PLACE in text:
            at = min(float(event["createdAt"].timestamp()), now)
            return Unplaced(at, text, any(each in text for each in capacity), lasts, started)
        started = started or _STARTED in text
        lasts = lasts and not any(each in text for each in _OVER)
    return None
