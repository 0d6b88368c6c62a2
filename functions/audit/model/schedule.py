"""When each container of a task starts and stops, counted from the task's own start or stop."""

from __future__ import annotations

from typing import NamedTuple

from audit.model.dependencies import Dependency, cycle
from audit.model.node import Unknown
from audit.model.task_definition import Container, TaskDefinition


class Slot(NamedTuple):
    """From when to when, in seconds."""

    container: str
    start: int
    end: int


def stop_schedule(task: TaskDefinition) -> tuple[Slot, ...]:
    """SIGTERM to SIGKILL of every container, the latest that each can be.

    A container gets its SIGTERM when those that depend on it have stopped.
    Source: API reference, ContainerDefinition "dependsOn": the dependency is reversed for container shutdown.
    """
    dependents: dict[str, list[str]] = {}
    for each in _acyclic(task):
        dependents.setdefault(each.on, []).append(each.container)
    slots: dict[str, Slot] = {}
    for container in _ordered(task, dependents):
        if container.name in task.awaited:
            continue  # it has exited long before
        after = (slots[name].end for name in dependents.get(container.name, ()) if name in slots)
        start = max(after, default=0)
        slots[container.name] = Slot(container.name, start, start + container.stop_timeout)
    return tuple(sorted(slots.values(), key=lambda slot: (slot.start, slot.end)))


def start_schedule(task: TaskDefinition) -> tuple[Slot, ...]:
    """The start of every container, and when its health check has said yes for the first time at the latest.

    UNKNOWN if somebody waits for a container to finish whose ``startTimeout`` is not given.
    """
    waits: dict[str, list[str]] = {}
    for each in _acyclic(task):
        waits.setdefault(each.container, []).append(each.on)
    slots: dict[str, Slot] = {}
    for container in _ordered(task, waits):
        reached = (
            _reached(task, each, slots[each.on])
            for each in container.dependencies
            if each.on in slots
        )
        start = max(reached, default=0)
        slots[container.name] = Slot(container.name, start, start + healthy_after(container))
    return tuple(sorted(slots.values(), key=lambda slot: (slot.start, slot.end)))


def healthy_after(container: Container) -> int:
    """Seconds until a container that starts within its ``startPeriod`` is healthy; 0 without a check."""
    check = container.health_check
    return check.start_period + check.interval if check else 0


def _reached(task: TaskDefinition, dependency: Dependency, slot: Slot) -> int:
    match dependency.condition:
        case "HEALTHY":
            return slot.end
        case "SUCCESS" | "COMPLETE":
            on = task.container(dependency.on)
            seconds = on["startTimeout"].whole() if on else None
            if seconds is None:
                raise Unknown(
                    f"how long {dependency.on} takes until {dependency.condition} is not known",
                    dependency.node.path,
                )
            return slot.start + seconds
        case _:
            return slot.start


def _acyclic(task: TaskDefinition) -> tuple[Dependency, ...]:
    if cycle(task.dependencies):
        raise Unknown("dependsOn has a cycle", ("containerDefinitions",))
    return task.dependencies


def _ordered(task: TaskDefinition, before: dict[str, list[str]]) -> list[Container]:
    """Every container after those that come before it."""
    order: dict[str, None] = {}
    stack = [(container.name, False) for container in reversed(task.containers)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            order[name] = None
        elif name not in order:
            stack.append((name, True))
            stack.extend((other, False) for other in before.get(name, ()))
    by_name = {container.name: container for container in task.containers}
    return [by_name[name] for name in order if name in by_name]
