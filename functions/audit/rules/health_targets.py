"""HLT: health checks of load balancers, and the time that a service leaves to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.load_balancing import TargetGroup
from audit.model.node import Node, Unknown
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, passed, put, rule

_PAGE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"
_SLOWEST_S = 120
_CODES = re.compile(r"(\d{3})(?:-(\d{3}))?", re.ASCII)
_GRACE_S = 60
_HOST = r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?"


@rule(
    "HLT-04",
    "Services behind a load balancer give their tasks time to start",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
    remedy='set "healthCheckGracePeriodSeconds" to more than the slowest start: the load balancer checks at '
    "once, the scheduler ignores it (and VPC Lattice and the containers' checks) for that time",
    anchors=(),
)
def grace_period(service: Service) -> Verdicts:
    node = service["healthCheckGracePeriodSeconds"]
    if not service.balanced:
        return
    seconds = node.whole()
    if seconds:
        yield passed(node, f"healthCheckGracePeriodSeconds is {seconds} s")
        return
    given = "0" if node.given else "not given, which means 0"
    yield failed(
        node,
        f"healthCheckGracePeriodSeconds is {given}: a task that does not answer {_window(service)} is "
        "replaced before it has started",
        put(node, _GRACE_S),
    )


def _window(service: Service) -> str:
    try:
        groups = [service.target_group(entry) for entry in service.load_balancers]
        group = min(groups, key=lambda each: each.detection)
        sums = f"{group.health_interval} x {group.unhealthy_count} = {group.detection} s"
    except (Unknown, ValueError):
        return "the first health checks"  # only the wording depends on it
    return f"within {sums}"


@rule(
    "HLT-05",
    "Target groups notice dead tasks within two minutes and take no error for health",
    on=TargetGroup,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy='set "HealthCheckIntervalSeconds" x "UnhealthyThresholdCount" to at most 120, a smaller '
    '"HealthCheckTimeoutSeconds", "Matcher" to 200 and "HealthCheckPort" to "traffic-port"',
    anchors=("cfn-lint:E3049",),
)
def target_health(group: TargetGroup) -> Verdicts:
    if not group.services:
        return ()
    checks = (_overlap, _slow, _matcher, _fixed_port)
    return examine(checks, lambda check: check(group), clean=group["HealthCheckIntervalSeconds"])


def _overlap(group: TargetGroup) -> Iterator[Verdict]:
    if group.health_timeout >= group.health_interval:
        yield failed(
            group["HealthCheckTimeoutSeconds"],
            f"timeout {group.health_timeout} s >= interval {group.health_interval} s of {group.label}: "
            "the interval must be greater than the timeout",
        )


def _slow(group: TargetGroup) -> Iterator[Verdict]:
    if group.detection > _SLOWEST_S:
        yield failed(
            group["UnhealthyThresholdCount"],
            f"{group.health_interval} x {group.unhealthy_count} = {group.detection} s > {_SLOWEST_S} s: so "
            f"long {group.label} sends requests to a task that is dead",
        )


def _matcher(group: TargetGroup) -> Iterator[Verdict]:
    node = group["Matcher"]["HttpCode"]
    highest = [int(last or first) for first, last in _CODES.findall(node.text() or "")]
    if highest and max(highest) >= 400:
        path = group["HealthCheckPath"].text() or "/"
        yield failed(
            node,
            f"{group.label} takes {node.text()} of {path} for healthy: an error counts as an answer",
            put(node, "200"),
        )


def _fixed_port(group: TargetGroup) -> Iterator[Verdict]:
    node = group["HealthCheckPort"]
    port = node.text()
    if port in (None, "traffic-port"):
        return
    for service in group.services:
        for entry in service.load_balancers:
            if _dynamic(service, entry):
                yield failed(
                    node,
                    f"{group.label} checks port {port}, but the tasks of {service.label} get a host port of "
                    "their own each: every target is unhealthy",
                    put(node, "traffic-port"),
                    severity=Severity.HIGH,
                )
                return


def _dynamic(service: Service, entry: Node) -> bool:
    task = service.task_definition
    container = task.container(entry["containerName"].text() or "")
    if container is None or task.fargate or task.network_mode != "bridge":
        return False
    port = entry["containerPort"].whole()
    return any(each.holds(port or 0) and not each.host for each in container.ports)


@rule(
    "HLT-07",
    "The container's check and the load balancer's check differ",
    on=Service,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source=_PAGE,
    remedy="let the container check that the process works, and the target group that the task can answer: "
    "two paths",
    anchors=(),
)
def same_path_twice(service: Service) -> Verdicts:
    entries = [
        entry
        for entry in service.load_balancers
        if (container := service.task_definition.container(entry["containerName"].text() or ""))
        and container.health_check
    ]
    if not entries:
        return ()
    return examine(
        entries, lambda entry: _same_path(service, entry), clean=service["loadBalancers"]
    )


def _same_path(service: Service, entry: Node) -> Iterator[Verdict]:
    container = service.task_definition.container(entry["containerName"].text() or "")
    check = container.health_check if container else None
    path = service.target_group(entry)["HealthCheckPath"].text() or "/"
    if container is None or check is None or path == "/":
        return
    if re.search(rf"{_HOST}{re.escape(path)}(?![\w/-])", check.program):
        yield failed(
            check["command"],
            f"{container.label} and its load balancer both check {path}: if that asks a database, its outage "
            "replaces every task instead of taking them out of rotation",
            place=service.task_definition,
        )
