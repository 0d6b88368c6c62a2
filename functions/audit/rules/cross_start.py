"""X: do the times of starting fit together?"""

from __future__ import annotations

import math

from audit.model.dependencies import Dependency, Way, longest_way
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unknown
from audit.model.service import Service
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_SERVICE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
_BREAKER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html"
)
_PATIENCE_S = 1800


def grace(service: Service) -> int:
    """Seconds in which failed health checks do not count."""
    return service["healthCheckGracePeriodSeconds"].whole() or 0


def start_way(service: Service, container: Container) -> Way:
    """The longest chain of what a container waits for before it starts, with what each wait takes."""
    task = service.task_definition

    def waits(dependency: Dependency) -> int:
        before = task.container(dependency.on)
        return _wait(before, dependency.condition) if before is not None else 0

    none = {each.name: 0 for each in task.containers}
    return longest_way(task.dependencies, none, waits, container.name)


def _wait(container: Container, condition: str) -> int:
    if condition == "START":
        return 0
    if condition == "HEALTHY":
        check = container.health_check
        return check.start_period + check.interval if check else 0
    timeout = container["startTimeout"].whole()
    if timeout is None:
        raise Unknown(f"how long {container.label} runs is not known", container.path)
    return timeout


def _answering(service: Service) -> list[tuple[Container, TargetGroup]]:
    found = []
    for entry in service.load_balancers:
        container = service.task_definition.container(entry["containerName"].text() or "")
        if container is not None:
            found.append((container, service.target_group(entry)))
    return found


@rule(
    "X-03",
    "The grace period covers the start",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source=_SERVICE,
    remedy='set "healthCheckGracePeriodSeconds" above the sum of what the containers wait for',
    anchors=(),
)
def grace_covers_start(service: Service) -> Verdicts:
    node = service["healthCheckGracePeriodSeconds"]
    seconds = grace(service)
    if not seconds:  # HLT-04 says so
        return
    for container, group in _answering(service):
        way = start_way(service, container)
        check = container.health_check
        own = check.start_period if check else 0
        interval = group.health_interval
        needed = way.seconds + own + interval
        said = (
            f"start {' then '.join(way.containers)}: {way.seconds} + startPeriod {own} + one check of "
            f"{group.label} {interval} = {needed} s"
        )
        if seconds < needed:
            yield failed(
                node,
                f"healthCheckGracePeriodSeconds {seconds} < {needed} s ({said}): tasks are stopped while "
                "they start",
                put(node, needed),
            )
        else:
            yield passed(node, said)


@rule(
    "X-15",
    "The target group does not give up before the container may be judged",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html",
    remedy='set "healthCheckGracePeriodSeconds" to at least the container\'s "startPeriod"',
    anchors=(),
)
def patient_target_group(service: Service) -> Verdicts:
    node = service["healthCheckGracePeriodSeconds"]
    for container, group in _answering(service):
        check = container.health_check
        if check is None or not check.start_period:
            continue
        window = group.detection
        if max(grace(service), window) < check.start_period:
            yield failed(
                node,
                f"{container.label} may take {check.start_period} s to start, but {group.label} gives up "
                f"after {window} s and the grace period after {grace(service)} s",
                put(node, check.start_period),
            )
        else:
            yield passed(node)


@rule(
    "X-10",
    "A bad deployment is given up in reasonable time",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_BREAKER,
    remedy='set "deploymentCircuitBreaker.thresholdConfiguration" to {"type": "COUNT", "value": 3}',
    anchors=(),
)
def given_up_in_time(service: Service) -> Verdicts:
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if not (service.rolling and breaker["enable"].flag()) or service.desired_count < 1:
        return
    desired = service.desired_count
    threshold = _threshold(service)
    at_once = max(desired * service.maximum_percent // 100 - desired, 1)
    rounds = math.ceil(threshold / at_once)
    for _, group in _answering(service):
        each = grace(service) + group.detection
        total = rounds * each
        said = (
            f"{threshold} failed tasks, {at_once} at a time, each after {grace(service)} + "
            f"{group.detection} s: {total} s"
        )
        if total > _PATIENCE_S:
            yield failed(
                breaker, f"{said} until the circuit breaker trips ({_PATIENCE_S} s is long)"
            )
        else:
            yield passed(breaker, said)


def _threshold(service: Service) -> int:
    # API reference, ThresholdConfiguration: BOUNDED_PERCENT 50 unless given, held between 3 and 200.
    own = service["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"]
    kind = own["type"].text() or "BOUNDED_PERCENT"
    value = own["value"].whole()
    if kind == "COUNT" and value is not None:
        return value
    share = math.ceil(service.desired_count * (50 if value is None else value) / 100)
    return share if kind == "UNBOUNDED_PERCENT" else min(max(share, 3), 200)
