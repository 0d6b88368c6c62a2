"""What ECS wrote about the service since the deployment began: the telling lines of its events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ecsops.redaction import redact_text

_LINES = 6
_LINE = 300
# What goes its course, and says nothing of a failure.
_ROUTINE = re.compile(
    r"has reached a steady state|has started \d+ tasks|has stopped \d+ running tasks"
    r"|\b(?:de)?registered \d+ targets|has begun draining connections|deployment completed"
    r"|deployment \S+ completed|is az balanced|has started \d+ tasks in availability zone",
    re.IGNORECASE,
)


def telling(events: Sequence[Any], since: float) -> tuple[str, ...]:
    """The lines that tell something, the newest first, each once.

    ``events`` are those of ``DescribeServices``: the last 100, of which ECS leaves out repetitions.
    """
    recent = [one for one in events if _at(one) >= since]
    said = [str(one.get("message", "")) for one in sorted(recent, key=_at, reverse=True)]
    lines = [redact_text(text)[:_LINE] for text in said if text and not _ROUTINE.search(text)]
    return tuple(dict.fromkeys(lines))[:_LINES]


def _at(event: Any) -> float:
    at = event.get("createdAt", 0)
    return float(at.timestamp() if hasattr(at, "timestamp") else at)
