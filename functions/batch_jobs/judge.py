"""What a stopped task means: its stop code before its exit code.

Fargate Spot lets a task that handles SIGTERM exit with 0; that is no success. Containers may be missing
altogether when the task never started. The set of stop codes is open: AWS adds some.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from batch_jobs.causes import starting_cause
from batch_jobs.stop_reasons import meaning_of
from batch_jobs.verdict import Kind, Verdict
from ecsops.events.task_state import SPOT_STOP_CODES, SPOT_STOPPED_REASON

_HOST_GONE = re.compile(r"Host EC2 \(instance .+?\) (?:stopped|terminated)\.")
_OUT_OF_MEMORY = "outofmemory"
# What ECS does to the other containers once an essential one has ended: SIGTERM, then SIGKILL.
_TOLD_TO_STOP = frozenset({137, 143})


@dataclass(frozen=True, slots=True)
class Ended:
    """A container of a stopped task; an exit code is missing when it never ran."""

    name: str
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stopped task, from an event or from DescribeTasks. Times are epoch seconds."""

    task_arn: str
    version: int = 0
    stop_code: str | None = None
    reason: str = ""
    containers: tuple[Ended, ...] = ()
    created_at: float | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    provider: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Whose exit codes count: the job's container, and every essential one."""

    main: str
    essential: frozenset[str]


def judge(task: Stopped, parts: Parts, *, spot_exit_zero: str = "interruption") -> Verdict:
    """What the task's end means for its shard."""
    code, main = task.stop_code, _named(task.containers, parts.main)
    if code in SPOT_STOP_CODES or task.reason.startswith(SPOT_STOPPED_REASON):
        if spot_exit_zero == "success" and main is not None and main.exit_code == 0:
            return _verdict(task, Kind.SUCCEEDED, "exit-0", main)
        return _verdict(task, Kind.INTERRUPTED, "spot", main)
    if _HOST_GONE.search(task.reason):
        return _verdict(task, Kind.INTERRUPTED, "host", main)
    if code == "UserInitiated":
        return _verdict(task, *meaning_of(task.reason), main)
    return _by_its_end(task, parts)


def _by_its_end(task: Stopped, parts: Parts) -> Verdict:
    if task.stop_code == "TaskFailedToStart" or not task.containers:
        return _not_started(task, parts)
    if task.stop_code in (None, "EssentialContainerExited"):
        return _by_containers(task, parts)
    # E.g. InfrastructureHealth, which is in the API since 2026: not the application's doing.
    return Verdict(Kind.INTERRUPTED, "unknown-stop-code", task.reason, task.stop_code, unknown=True)


def _by_containers(task: Stopped, parts: Parts) -> Verdict:
    starved = [
        one for one in task.containers if _OUT_OF_MEMORY in one.reason.replace(" ", "").lower()
    ]
    counted = [one for one in starved if _counts(one, parts)]
    if counted:
        return _verdict(task, Kind.OUT_OF_MEMORY, "out-of-memory", counted[0])
    main = _named(task.containers, parts.main)
    if main is None or main.exit_code is None:
        if task.started_at is None or any(starting_cause(one.reason) for one in task.containers):
            return _not_started(task, parts)
        # No exit code is no success, whatever else the task says.
        return _verdict(task, Kind.FAILED, "no-exit-code", main)
    if main.exit_code == 0:
        guilty = _failed_companion(task.containers, parts)
        if guilty is None:
            return _verdict(task, Kind.SUCCEEDED, "exit-0", main)
        return _verdict(task, Kind.FAILED, "essential-container", guilty)
    # 137 without a word about memory is a SIGKILL from anywhere: the application's until proven otherwise.
    return _verdict(task, Kind.FAILED, "killed" if main.exit_code == 137 else "exit-code", main)


def _failed_companion(containers: Sequence[Ended], parts: Parts) -> Ended | None:
    for one in containers:
        if one.name in parts.essential and one.exit_code not in (None, 0, *_TOLD_TO_STOP):
            return one
    return None


def _counts(container: Ended, parts: Parts) -> bool:
    return container.name == parts.main or container.name in parts.essential


def _not_started(task: Stopped, parts: Parts) -> Verdict:
    """Why no container has run, the task says or one of them does ("Task failed to start")."""
    main = _named(task.containers, parts.main)
    told = [one for one in (main, *task.containers) if one is not None and one.reason]
    known = [one for one in told if starting_cause(one.reason)]
    speaker = next(iter(known or told), None)
    found = starting_cause(task.reason) or (starting_cause(speaker.reason) if speaker else None)
    return Verdict(
        Kind.NOT_STARTED,
        found.cause if found else "not-started",
        task.reason,
        task.stop_code,
        speaker.name if speaker else None,
        speaker.reason if speaker else "",
        lasting=found.lasting if found else Verdict(Kind.NOT_STARTED).lasting,
        unknown=found is None,
    )


def _verdict(task: Stopped, kind: Kind, cause: str, container: Ended | None) -> Verdict:
    return Verdict(
        kind,
        cause,
        task.reason,
        task.stop_code,
        container.name if container else None,
        container.reason if container else "",
        container.exit_code if container else None,
    )


def _named(containers: Collection[Ended], name: str) -> Ended | None:
    return next((one for one in containers if one.name == name), None)
