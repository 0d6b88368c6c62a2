"""CST: sizes held against what was measured; only of services that exist, since files were never measured.

Compute Optimizer gives no advice for services with target tracking on CPU and memory, nor with step scaling
(its user guide, "Amazon ECS services on Fargate": requirements). Here such a service still gets advice for
what no policy tracks: under tracking, utilisation says how many tasks run, not how large each should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from audit.model.node import Unknown
from audit.model.price import LISTED, SPOT_SAVES_AT_MOST, month, month_of
from audit.model.service import Service
from audit.model.size import nearest_fargate_size, required
from audit.model.utilisation import Utilisation
from audit.rule import Profile, Severity, Verdict, Verdicts, failed, passed, rule
from audit.rules.scaling_target import predefined_metric

_SIZES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
_OPTIMIZER = "https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-ecs-recommendations.html"
_SPOT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html"
)
# Room above the busiest hour: a fifth of the CPU, 15 % of the memory.
_CPU_FILL, _MEMORY_FILL = 0.8, 0.85
_LEAST_SAVING, _LEAST_DOLLARS = 0.1, 5.0
_FULL_PERCENT, _IDLE_PERCENT = 90, 5
_WEEK_H = 168


class _Measured(NamedTuple):
    cpu: int
    memory: int
    cpu_p99: float
    cpu_maximum: float
    memory_maximum: float
    hours: int
    confidence: str
    tracks_cpu: bool
    tracks_memory: bool


def _measured(service: Service) -> _Measured | None:
    """None where it does not apply: not on Fargate, or not yet there."""
    task = service.task_definition
    if not service.described or not service.strategy.fargate or not task.fargate:
        return None
    found = service.graph.find(Utilisation, service.arn)
    if not found.enough:
        raise Unknown(f"{found.hours} hours of {service.label} were measured, a day is needed")
    figures = [found[name].number() for name in ("CpuP99", "CpuMaximum", "MemoryMaximum")]
    p99, cpu_maximum, memory_maximum = (0.0 if figure is None else figure for figure in figures)
    target = service.scalable_target
    metrics = {predefined_metric(policy) for policy in target.policies} if target else set()
    return _Measured(
        required(task.cpu, task["cpu"]),
        required(task.memory, task["memory"]),
        p99,
        cpu_maximum,
        memory_maximum,
        found.hours,
        found.confidence,
        "ECSServiceAverageCPUUtilization" in metrics,
        "ECSServiceAverageMemoryUtilization" in metrics,
    )


@rule(
    "CST-01",
    "Tasks are no larger than what they use",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.COST,
    source=_OPTIMIZER,
    remedy='set "cpu" and "memory" of the task definition to the size in the message, and watch it',
    anchors=(),
)
def not_too_large(service: Service) -> Verdicts:
    measured = _measured(service)
    if measured is None:
        return
    task = service.task_definition
    cpu = measured.cpu if measured.tracks_cpu else measured.cpu * measured.cpu_p99 / 100 / _CPU_FILL
    memory = (
        measured.memory
        if measured.tracks_memory
        else measured.memory * measured.memory_maximum / 100 / _MEMORY_FILL
    )
    size = nearest_fargate_size(round(cpu), round(memory))
    now, then = month_of(task), month(task, *size)
    saving = (now - then) * service.desired_count
    said = (
        f"in {measured.hours} hours CPU reached {measured.cpu_p99:.0f} % (p99) of {measured.cpu} "
        f"units, memory {measured.memory_maximum:.0f} % of {measured.memory} MiB"
    )
    if now - then >= _LEAST_SAVING * now and saving >= _LEAST_DOLLARS:
        left = " (CPU is what the scaling tracks, so it stays)" if measured.tracks_cpu else ""
        yield failed(
            task["cpu"] if size[0] != measured.cpu else task["memory"],
            f"{said}: {size[0]} units and {size[1]} MiB would do{left}, and save ${saving:.0f} of "
            f"${now * service.desired_count:.0f} a month for {service.desired_count} tasks ({LISTED}; "
            f"{measured.confidence})",
            place=task,
        )
    else:
        yield passed(service["taskDefinition"], said)


@rule(
    "CST-02",
    "Tasks are as large as what they use",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_SIZES,
    remedy='set "memory" or "cpu" of the task definition to the size in the message',
    anchors=(),
)
def not_too_small(service: Service) -> Verdicts:
    measured = _measured(service)
    if measured is not None:
        problems = list(_full(service, measured))
        yield from problems or [passed(service["taskDefinition"])]


def _full(service: Service, measured: _Measured) -> Iterator[Verdict]:
    task = service.task_definition
    if measured.memory_maximum >= _FULL_PERCENT:
        need = round(measured.memory * measured.memory_maximum / 100 / _MEMORY_FILL)
        size = nearest_fargate_size(measured.cpu, need)
        yield failed(
            task["memory"],
            f"memory reached {measured.memory_maximum:.0f} % of {measured.memory} MiB: the next peak is "
            f"killed; {size[0]} units and {size[1]} MiB leave room ({measured.confidence})",
            place=task,
        )
    if measured.cpu_p99 >= _FULL_PERCENT and not measured.tracks_cpu:
        size = nearest_fargate_size(
            round(measured.cpu * measured.cpu_p99 / 100 / _CPU_FILL), measured.memory
        )
        yield failed(
            task["cpu"],
            f"CPU reached {measured.cpu_p99:.0f} % (p99) of {measured.cpu} units, and nothing scales on it: "
            f"requests wait; {size[0]} units leave room ({measured.confidence})",
            place=task,
        )


@rule(
    "CST-04",
    "What runs has something to do",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.COST,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html",
    remedy='set "desiredCount" to 0, or delete the service',
    anchors=(),
)
def not_idle(service: Service) -> Verdicts:
    if not service.described or service.desired_count < 1:
        return
    found = service.graph.find(Utilisation, service.arn)
    if found.hours < _WEEK_H:
        raise Unknown(f"{found.hours} hours of {service.label} were measured, a week is needed")
    requests, peak = found["Requests"].number(), found["CpuMaximum"].number()
    node = service["desiredCount"]
    why = ""
    if requests == 0:
        why = f"its target groups got no request in {found.hours} hours"
    elif requests is None and not service.balanced and peak is not None and peak < _IDLE_PERCENT:
        why = f"its CPU never reached {_IDLE_PERCENT} % in {found.hours} hours"
    if why:
        yield failed(node, f"{why}: {service.desired_count} tasks wait for nothing{_cost(service)}")
    else:
        yield passed(node)


def _cost(service: Service) -> str:
    if not service.task_definition.fargate:
        return ""
    dollars = month_of(service.task_definition) * service.desired_count
    return f", for ${dollars:.0f} a month ({LISTED})"


@rule(
    "CST-05",
    "What can be interrupted runs on Spot in part",
    on=Service,
    severity=Severity.INFO,
    profile=Profile.COST,
    source=_SPOT,
    remedy='give FARGATE_SPOT a "weight" in "capacityProviderStrategy", FARGATE a "base"',
    anchors=(),
)
def some_on_spot(service: Service) -> Verdicts:
    task, strategy = service.task_definition, service.strategy
    few = service.desired_count < 2
    if not service.described or not strategy.fargate or task.windows or few:
        return
    if strategy.spot:
        yield passed(strategy.node)
        return
    movable = service.desired_count - 1
    dollars = month_of(task) * movable * SPOT_SAVES_AT_MOST
    yield failed(
        strategy.node
        if strategy.origin != "defaultCapacityProviderStrategy"
        else service["cluster"],
        f"all {service.desired_count} tasks are on demand: with {movable} of them on Spot up to "
        f"${dollars:.0f} a month less ({LISTED}; Spot's price floats, low confidence)",
    )
