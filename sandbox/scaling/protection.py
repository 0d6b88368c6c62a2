"""Tasks that protect themselves although they have nothing to do: they are in the way of every scale-in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_TASKS_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected task, and how long yet."""

    task: str
    for_s: float


def protected_tasks(ecs: Any, cluster: str, service: str, now: float) -> list[Protected]:
    """The tasks of a service that ECS must not stop, longest protected first."""
    arns = [
        arn
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, serviceName=service)
        for arn in page["taskArns"]
    ]
    found = [
        Protected(task["taskArn"], task["expirationDate"].timestamp() - now)
        for at in range(0, len(arns), _TASKS_PER_CALL)
        for task in _asked(ecs, cluster, arns[at : at + _TASKS_PER_CALL])
        if task.get("protectionEnabled") and task.get("expirationDate")
    ]
    return sorted(found, key=lambda each: -each.for_s)


def stale(
    protected: Iterable[Protected], in_flight: float | None, longest_s: float
) -> Iterator[tuple[Protected, str]]:
    """What nobody can need: more protected tasks than messages in flight, or protected for too long.

    Which of them is idle ECS does not tell: those whose protection ends last are named, because a
    worker that forgot to give it back mostly asked for long. Where nobody knows what is in flight
    (None) only the time counts.
    """
    tasks = list(protected)
    surplus = 0 if in_flight is None else len(tasks) - int(in_flight)
    for number, task in enumerate(tasks):
        if number < surplus:
            yield task, f"{len(tasks)} tasks are protected, {in_flight:.0f} messages are in flight"
        elif task.for_s > longest_s:
            yield task, "protected for longer than any message takes"


def _asked(ecs: Any, cluster: str, arns: list[str]) -> list[Any]:
    tasks: list[Any] = ecs.get_task_protection(cluster=cluster, tasks=arns)["protectedTasks"]
    return tasks
