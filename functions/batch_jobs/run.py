"""The life of a run: ``decide(run, event, now)``, pure.

WAITING --> RUNNING --> SUCCEEDED | FAILED
   |           '--> STOPPING --> FAILED | CANCELLED
   '--> SKIPPED | MISSED | FAILED | CANCELLED
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import msgspec

from batch_jobs import shards
from batch_jobs.rows import CANCELLED, FAILED, FINAL, RUNNING, STOPPING, SUCCEEDED, WAITING, RunRow

_REPLACED = "replaced by a newer run"


class Action(Enum):
    """What the shell does once the row is written."""

    FINISH = auto()  # tell people, release the overlap lock, start what waited
    STOP = auto()  # stop tasks, and launch no more
    WAKE = (
        auto()
    )  # there may be more to launch now: of this run, or of one that waits for its shards


@dataclass(frozen=True, slots=True)
class ShardsEnded:
    """Shards that will get no further attempt. ``fail_run`` says why the whole run has failed."""

    done: int = 0
    failed: int = 0
    fail_run: str = ""


@dataclass(frozen=True, slots=True)
class LaunchBegan:
    """The first shard is being launched."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody, or a newer run, wants it to end."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MayStart:
    """What it waited for is there."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """It will never start."""

    state: str
    reason: str


Event = ShardsEnded | LaunchBegan | StopAsked | MayStart | GaveUp


@dataclass(frozen=True, slots=True)
class Decision:
    """The row as it is from now on, and what is to be done."""

    run: RunRow
    actions: tuple[Action, ...] = ()


def decide(run: RunRow, event: Event, now: float) -> Decision:
    """What an event means for a run. The same event again changes nothing."""
    if run.state in FINAL:
        return Decision(run, () if run.closed else (Action.FINISH,))
    match event:
        case ShardsEnded():
            return _ended(run, event, now)
        case LaunchBegan():
            return Decision(run if run.started else _with(run, started=now))
        case StopAsked():
            return _stop(run, event, now)
        case MayStart() | GaveUp():
            return _waited(run, event, now)


def _waited(run: RunRow, event: MayStart | GaveUp, now: float) -> Decision:
    if run.state != WAITING:
        return Decision(run, (Action.WAKE,))
    if isinstance(event, MayStart):
        return Decision(_with(run, state=RUNNING), (Action.WAKE,))
    run = _with(run, state=event.state, reason=event.reason, ended=now)
    return Decision(run, (Action.FINISH,))


def is_over_tolerance(run: RunRow) -> bool:
    """Whether more shards have failed than may."""
    return run.max_failed is not None and shards.decode(run.failed).bit_count() > run.max_failed


def _ended(run: RunRow, event: ShardsEnded, now: float) -> Decision:
    # A shard that is done stays done: a late word of an older attempt cannot undo it.
    done = shards.decode(run.done) | event.done
    failed = (shards.decode(run.failed) | event.failed) & ~done
    run = _with(run, done=shards.encode(done), failed=shards.encode(failed))
    if (done | failed) == shards.all_of(run.count):
        return _final(run, now, event.fail_run)
    if run.state == RUNNING and (event.fail_run or is_over_tolerance(run)):
        reason = event.fail_run or (
            f"{failed.bit_count()} shards have failed, {run.max_failed} may (maxFailedShards)"
        )
        run = _with(run, state=STOPPING, outcome=FAILED, reason=reason, stopping_at=now)
        return Decision(run, (Action.STOP,))
    wakes = run.dependents or (run.limited and run.state == RUNNING)
    return Decision(run, (Action.WAKE,) if wakes else ())


def _stop(run: RunRow, event: StopAsked, now: float) -> Decision:
    if run.state == WAITING:
        run = _with(run, state=CANCELLED, reason=event.reason, by=event.by, ended=now)
        return Decision(run, (Action.FINISH,))
    if run.state == STOPPING:
        return Decision(run, (Action.STOP,))
    changes = {"outcome": CANCELLED, "reason": event.reason, "by": event.by, "stopping_at": now}
    return Decision(_with(run, state=STOPPING, **changes), (Action.STOP,))


def _final(run: RunRow, now: float, fail_run: str = "") -> Decision:
    failed = shards.decode(run.failed).bit_count()
    tolerated = failed <= (run.max_failed or 0) and not fail_run
    state = run.outcome if run.state == STOPPING else (SUCCEEDED if tolerated else FAILED)
    reason = run.reason or fail_run or (f"{failed} of {run.count} shards failed" if failed else "")
    return Decision(_with(run, state=state, reason=reason, ended=now), (Action.FINISH,))


def _with(run: RunRow, **changes: object) -> RunRow:
    return msgspec.structs.replace(run, **changes)
