"""Why we stop a task: the ``reason`` of StopTask comes back as stoppedReason, and tells us so."""

from __future__ import annotations

from batch_jobs.verdict import Kind

_PREFIX = "ecs-ops: "
CANCELLED = _PREFIX + "the run was cancelled"
REPLACED = _PREFIX + "a newer run replaces this one"
RUN_FAILED = _PREFIX + "the run has failed"
SUPERFLUOUS = _PREFIX + "the run is over"
RAN_TOO_LONG = _PREFIX + "longer than limits.run"
STARTED_TOO_SLOWLY = _PREFIX + "not RUNNING within limits.launch"

_MEANING = {
    RAN_TOO_LONG: (Kind.TIMED_OUT, "run-limit"),
    STARTED_TOO_SLOWLY: (Kind.NOT_STARTED, "launch-limit"),
}


def meaning_of(reason: str) -> tuple[Kind, str]:
    """What a stop that somebody asked for means: by us, or (no retry either) by a person."""
    found = next((meaning for text, meaning in _MEANING.items() if reason.startswith(text)), None)
    if found:
        return found
    return Kind.CANCELLED, "by-us" if reason.startswith(_PREFIX) else "by-a-person"
