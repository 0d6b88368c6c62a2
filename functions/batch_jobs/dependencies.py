"""What a run waits for, and whether it is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from batch_jobs import shards
from batch_jobs.ids import run_of_slot
from batch_jobs.rows import FINAL, SUCCEEDED, RunRow, Wait
from batch_jobs.spec import AlertPolicy, Dependency
from ecsops.durations import parse_duration

_LATE_S = 600.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """``starts``: all that must have succeeded has. ``failed`` shards will never run; ``why``."""

    starts: bool
    failed: int = 0
    why: str = ""


def wait_of(dependency: Dependency, slot: float | None, newest: str | None) -> Wait | None:
    """The run that a dependency means: of the same slot, else the newest; None if there never was one."""
    run = dependency.run
    if run is None and dependency.job is not None:
        run = newest if slot is None else run_of_slot(dependency.job, slot)
    return None if run is None else Wait(run=run, each=dependency.type == "nToN")


def outlook(run: RunRow, others: Mapping[str, RunRow]) -> Outlook:
    """What the runs that it waits for mean for a run."""
    failed, starts, whys = 0, True, []
    for wait in run.waits_for:
        other = others.get(wait.run)
        if other is None:
            starts = False
            continue
        over = other.state in FINAL and other.state != SUCCEEDED
        some = wait.each and shards.decode(other.done)
        if over and not some:
            whys.append(f"{wait.run}, on which it depends, is {other.state}")
            failed = shards.all_of(run.count)
        elif wait.each and other.count != run.count:
            whys.append(f"{wait.run} has {other.count} shards, not {run.count}: nToN needs as many")
            failed = shards.all_of(run.count)
        elif wait.each:
            left = shards.all_of(run.count) & ~shards.decode(other.done)
            failed |= left if over else shards.decode(other.failed)
        elif other.state != SUCCEEDED:
            starts = False
    return Outlook(starts and not whys, failed, "; ".join(whys))


def late_since(run: RunRow, policy: AlertPolicy, others: Mapping[str, RunRow]) -> float | None:
    """From when on a run that has not begun is late; None while one on which it depends is not over.

    That one's own alerts tell of it. Nobody tells of one that never comes: then the slot counts.
    """
    if policy.late_after is not None:
        return run.at + parse_duration(policy.late_after)
    held = [others[wait.run] for wait in run.waits_for if wait.run in others]
    if any(other.state not in FINAL for other in held):
        return None
    return max([run.at, *(other.ended or 0.0 for other in held)]) + _LATE_S
