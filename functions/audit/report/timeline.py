"""What happens when a task of a service stops, is interrupted, or starts: as spans of seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from audit.model.node import Unknown
from audit.model.resource import Resource
from audit.model.schedule import start_schedule, stop_schedule
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition

# AWS Fargate Spot termination notice: "a two-minute warning".
SPOT_NOTICE_S = 120

type Kind = Literal["drain", "stop", "start", "grace", "check"]


class Span(NamedTuple):
    """One bar."""

    label: str
    kind: Kind
    start: int
    end: int


class Mark(NamedTuple):
    """A moment; ``limit`` if nothing may go on after it."""

    label: str
    at: int
    limit: bool = False


class Timeline(NamedTuple):
    """One picture; ``unknown`` says why there is none."""

    title: str
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    unknown: str = ""

    @property
    def end(self) -> int:
        """The last second in it."""
        return max([span.end for span in self.spans] + [mark.at for mark in self.marks], default=0)


def timelines(subject: Resource) -> list[Timeline]:
    """The pictures of a service, or of a task definition that no service is known of."""
    pictures: dict[str, Callable[[], Timeline | None]] = {}
    if isinstance(subject, TaskDefinition):
        pictures = {
            "A task stops": lambda: _stop(subject),
            "A task starts": lambda: _start(subject),
        }
    elif isinstance(subject, Service):
        pictures = {
            "A task is replaced": lambda: _replaced(subject),
            "Spot takes a task back": lambda: _interrupted(subject),
            "A task starts": lambda: _started(subject),
        }
    drawn = (_try(title, draw) for title, draw in pictures.items())
    return [each for each in drawn if each is not None]


def _try(title: str, draw: Callable[[], Timeline | None]) -> Timeline | None:
    try:
        return draw()
    except Unknown as unknown:
        return Timeline(title, unknown=unknown.reason)


def _stop(task: TaskDefinition, after: int = 0) -> Timeline:
    spans = tuple(
        Span(f"{slot.container} stops", "stop", after + slot.start, after + slot.end)
        for slot in stop_schedule(task)
    )
    return Timeline("A task stops", spans, (Mark("SIGTERM", after),))


def _replaced(service: Service) -> Timeline:
    # Developer guide, "Load balancer connection draining": SIGTERM comes when no target drains any more.
    drains = _drains(service)
    stop = _stop(service.task_definition, max((span.end for span in drains), default=0))
    return Timeline("A task is replaced", (*drains, *stop.spans), stop.marks)


def _interrupted(service: Service) -> Timeline | None:
    if not service.strategy.spot:
        return None
    # SIGTERM comes with the warning, so draining and stopping share the two minutes.
    stop = _stop(service.task_definition)
    limit = Mark("the capacity is gone", SPOT_NOTICE_S, limit=True)
    return Timeline(
        "Spot takes a task back", (*_drains(service), *stop.spans), (*stop.marks, limit)
    )


def _drains(service: Service) -> tuple[Span, ...]:
    groups = (service.target_group(entry) for entry in service.load_balancers)
    return tuple(
        Span(f"{group.label} drains", "drain", 0, group.deregistration_delay) for group in groups
    )


def _start(task: TaskDefinition) -> Timeline:
    spans = tuple(
        Span(f"{slot.container} starts", "start", slot.start, slot.end)
        for slot in start_schedule(task)
    )
    return Timeline("A task starts", spans, (Mark("start", 0),))


def _started(service: Service) -> Timeline:
    start = _start(service.task_definition)
    if not service.load_balancers:
        return start
    grace = service["healthCheckGracePeriodSeconds"].whole() or 0
    checks = []
    for entry in service.load_balancers:
        group = service.target_group(entry)
        interval = group["HealthCheckIntervalSeconds"].whole()
        threshold = group["UnhealthyThresholdCount"].whole()
        if interval is not None and threshold is not None:
            checks.append(Span(f"{group.label}: unhealthy", "check", 0, interval * threshold))
    spans = (*start.spans, Span("grace period", "grace", 0, grace), *checks)
    return Timeline("A task starts", spans, (*start.marks, Mark("failures count from here", grace)))
