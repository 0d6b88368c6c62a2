"""One failed task: which container failed first, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deploy_guard.catalogue import BY_ID, UNKNOWN, Cause
from deploy_guard.failures import (
    CONTAINER_EXITED,
    STOPPED_BY_SCHEDULER,
    FailedContainer,
    FailedTask,
)
from deploy_guard.matching import cause_of_exit, cause_of_text, subject_of

_OK, _SIGKILL, _SIGTERM = 0, 137, 143
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html: stopTimeout
# is 30 s unless set.
_STOP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """Why one task failed. ``detail`` is what ECS said of it."""

    task: FailedTask
    cause: Cause
    container: FailedContainer | None
    detail: str
    subject: str | None = None


def examine(task: FailedTask, *, memory_near_limit: bool = False) -> Finding:
    """What one task tells; ``memory_near_limit`` is what its metrics say, where somebody looked."""
    container = first_to_fail(task)
    texts = tuple(_texts(task, container))
    for text in texts:
        cause = cause_of_text(text, "task")
        if cause is not None:
            subject = subject_of(cause, (text, *texts))
            return Finding(task, cause, container, text, _whole(subject, cause, container))
    return _by_exit_code(task, container, memory_near_limit=memory_near_limit)


def first_to_fail(task: FailedTask) -> FailedContainer | None:
    """The container that failed first; the others were stopped because of it.

    ECS does not tell the order, but the exit codes do: those of containers that were told to stop are
    143, 137 or, where they stop well, 0.
    """
    candidates = [one for one in task.containers if not one.is_sidecar]
    exited = [one for one in candidates if one.exit_code is not None]
    if exited:
        return min(exited, key=lambda one: _order(task, one))
    # Nothing ran. Even a sidecar that cannot start keeps the task from starting.
    started_wrong = [one for one in (*candidates, *task.containers) if one.reason]
    return next(iter(started_wrong or candidates), None)


def _order(task: FailedTask, container: FailedContainer) -> int:
    if container.reason and cause_of_text(container.reason, "task") is not None:
        return 0
    match container.exit_code:
        case 0:
            return 3
        case 143:
            return 5
        case 137:
            return 4 if _stopped_slowly(task) else 2
    return 1


def _texts(task: FailedTask, container: FailedContainer | None) -> Iterator[str]:
    # A container's reason is exact where the task's is general: "Essential container in task exited".
    if container is not None and container.reason:
        yield container.reason
    if task.stopped_reason:
        yield task.stopped_reason


def _by_exit_code(
    task: FailedTask, container: FailedContainer | None, *, memory_near_limit: bool
) -> Finding:
    if container is None or container.exit_code is None:
        said = (container.reason if container else None) or task.stopped_reason
        return Finding(task, UNKNOWN, container, said or "ECS gave no reason")
    code = container.exit_code
    detail = f"container {container.name} exited with code {code}"
    if container.reason:
        detail += f": {container.reason}"
    return Finding(task, _cause_of(task, code, memory_near_limit), container, detail)


def _cause_of(task: FailedTask, code: int, memory_near_limit: bool) -> Cause:  # noqa: FBT001
    told_to_stop = task.stop_code == STOPPED_BY_SCHEDULER
    if code in (_OK, _SIGTERM) and told_to_stop:
        return BY_ID["SIGTERM"]
    if code == _SIGKILL:
        if told_to_stop or (task.stop_code != CONTAINER_EXITED and _stopped_slowly(task)):
            return BY_ID["SIGKILL_TIMEOUT"]
        if memory_near_limit:
            return BY_ID["OOM"]
    return cause_of_exit(code)


def _stopped_slowly(task: FailedTask) -> bool:
    return (task.took_to_stop_s or 0) >= _STOP_TIMEOUT_S


def _whole(subject: str | None, cause: Cause, container: FailedContainer | None) -> str | None:
    """The image's whole name, where the text was cut off in the middle of it or does not tell it."""
    image = container.image if container and cause.id.startswith("IMAGE_") else None
    return image if image and image.startswith(subject or "") else subject
