"""Times in specs, ids and rows. A slot is the minute at which a schedule was due."""

from __future__ import annotations

from datetime import UTC, datetime

from ecsops.durations import parse_duration
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import epoch

_OLDEST, _NEWEST = 1_000_000_000, 9_000_000_000


def parse_slot(text: str) -> float:
    """Epoch seconds of a slot; raises ``InvalidMessage``.

    Which zone a time without one was meant in nobody can tell: Scheduler itself writes UTC, with its Z.
    """
    when = epoch(text.strip(), "$.slot")
    if datetime.fromisoformat(text.strip()).tzinfo is None:
        raise InvalidMessage("$.slot", f"{text} has no time zone: end it with Z, or with +01:00")
    if not _OLDEST < when < _NEWEST:
        raise InvalidMessage("$.slot", f"{text} is not a time at which anything is due")
    return when


def seconds(text: str | None) -> float | None:
    """A duration of a spec in seconds; None stays None."""
    return None if text is None else float(parse_duration(text))


def compact(at: float) -> str:
    """``20260105T090000Z``: sorts as text, and startedBy takes it."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y%m%dT%H%M%SZ")


def iso(at: float) -> str:
    """``2026-01-05T09:00:00Z``."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
