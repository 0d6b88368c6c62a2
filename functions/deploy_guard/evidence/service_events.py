"""What ECS wrote about the service since the deployment began: the telling lines of its events."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def telling(events: Sequence[tuple[float, str]], since: float) -> tuple[str, ...]:
    """The lines that tell something, the newest first, each once.

    ``events`` are (at, text), of ``DescribeServices``: the last 100, without repetitions.
    """
    recent = sorted((one for one in events if one[0] >= since), reverse=True)
    lines = [redact_text(text)[:_LINE] for _, text in recent if text and not _ROUTINE.search(text)]
    return tuple(dict.fromkeys(lines))[:_LINES]
