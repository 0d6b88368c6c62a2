"""The words in which ECS says why a task was not started, and whether another try can help.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batch_jobs.verdict import Lasting


@dataclass(frozen=True, slots=True)
class Cause:
    """A known cause. ``waits`` is how much longer than usual it makes sense to wait."""

    cause: str
    lasting: Lasting = Lasting.NO
    waits: float = 1.0


def _rows(*rows: tuple[str, Cause]) -> tuple[tuple[re.Pattern[str], Cause], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), cause) for pattern, cause in rows)


CAPACITY, QUOTA, ABOVE_LIMIT = "capacity", "quota", "above-limit"
# Failures of RunTask; the same words come later as stoppedReason: "TaskFailedToStart: AGENT".
_PLACEMENT = _rows(
    # "You've reached", with a straight or a curly apostrophe.
    (r"reached the limit on the number of", Cause(QUOTA, waits=6)),
    (r"configuration is above your limit", Cause(ABOVE_LIMIT, Lasting.YES)),
    (r"Capacity is unavailable", Cause(CAPACITY)),
    (r"\bEMPTY CAPACITY PROVIDER", Cause(CAPACITY)),
    (r"\bRESOURCE:", Cause(CAPACITY)),
    (r"No Container Instances were found", Cause(CAPACITY)),
    (r"(?:^|\s)AGENT\b", Cause("agent", waits=6)),
    (r"(?:^|\s)(?:ATTRIBUTE|LOCATION)\b", Cause("placement", Lasting.OTHER_OPTION)),
    (r"^(?:MISSING|INACTIVE)\b", Cause("configuration", Lasting.YES)),
    (r"Internal error", Cause("internal-error")),
)
_PULL_HICCUP = (
    r"Cannot(?:Pull\w*|ImagePull)Error.*(?:i/o timeout|\bEOF\b|invalid argument|TLS handshake timeout"
    r"|connection (?:reset|refused)|toomanyrequests|429|50[0234])"
)
_STARTING = _rows(
    (_PULL_HICCUP, Cause("image-transient")),
    (r"CannotPull\w*Error", Cause("image", Lasting.SECOND_TIME)),
    (
        r"ResourceInitializationError.*(?:timeout|timed out|connection|EOF)",
        Cause("initialisation-transient"),
    ),
    (r"ResourceInitializationError", Cause("initialisation", Lasting.SECOND_TIME)),
    (r"Timeout waiting for (?:network interface|EphemeralStorage)", Cause("provisioning-timeout")),
    (r"Unexpected EC2 error", Cause("network-interface")),
    (r"unable to assume the role", Cause("role", Lasting.SECOND_TIME)),
    (r"Cannot(?:Start|Create)ContainerError", Cause("container-start", Lasting.SECOND_TIME)),
    (
        r"Cannot(?:Stop|Inspect)ContainerError|ContainerRuntime(?:Timeout)?Error|DockerTimeoutError",
        Cause("container-runtime"),
    ),
)


def placement_cause(reason: str) -> Cause | None:
    """The cause in a failure of RunTask."""
    return _first(_PLACEMENT, reason)


def starting_cause(reason: str) -> Cause | None:
    """The cause in the reason of a task that did not start."""
    return _first(_STARTING, reason) or _first(_PLACEMENT, reason)


def waits(cause: str) -> float:
    """How much longer than usual to wait after it."""
    return next((each.waits for _, each in (*_PLACEMENT, *_STARTING) if each.cause == cause), 1.0)


def _first(rows: tuple[tuple[re.Pattern[str], Cause], ...], text: str) -> Cause | None:
    return next((cause for pattern, cause in rows if pattern.search(text)), None)
