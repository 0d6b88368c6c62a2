"""X: do the times of stopping and of connections fit together?"""

from __future__ import annotations

import re

from audit.model.node import Unknown
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule
from audit.rules.cross_drain import SPOT_NOTICE_S
from audit.rules.scaling_policy import cooldown

# KEEP_ALIVE_TIMEOUT, GUNICORN_KEEPALIVE, HTTP_KEEP_ALIVE_SECONDS; not TCP_KEEPALIVE_COUNT, DB_KEEPALIVE.
_KEEP_ALIVE = re.compile(
    r"(?!.*(?:TCP|DB|SQL|REDIS))(?:.*_)?KEEP_?ALIVE(?:_TIMEOUT)?(?:_S|_SEC|_SECONDS)?",
    re.IGNORECASE,
)


@rule(
    "X-02",
    "All containers can stop within the two minutes of a Spot interruption",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html",
    remedy='lower the "stopTimeout" of the containers that stop one after another',
    anchors=(),
)
def stops_in_time(service: Service) -> Verdicts:
    if not service.strategy.spot:
        return
    task = service.task_definition
    way = task.stop_way()
    node = task["containerDefinitions"]
    # Containers stop in the reverse of the order in which they started (ContainerDependency).
    order = list(reversed(way.containers))
    parts = [
        f"{name} {container.stop_timeout}" for name in order if (container := task.container(name))
    ]
    said = f"{' + '.join(parts)} = {way.seconds} s"
    if way.seconds > SPOT_NOTICE_S:
        yield failed(
            node,
            f"stopping takes {said}, a Spot interruption leaves {SPOT_NOTICE_S} s: {order[-1]} is killed",
            place=task,
        )
    else:
        yield passed(service["taskDefinition"], said)


@rule(
    "X-07",
    "Connections live as long as the load balancer thinks",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
    remedy='set "deregistration_delay.timeout_seconds" to the load balancer\'s idle timeout or more, and the '
    "application's keep-alive above it",
    anchors=(),
)
def idle_and_drain(service: Service) -> Verdicts:
    application = [
        route
        for route in service.routes
        if (route[2]["Type"].text() or "application") == "application"
    ]
    for entry, group, balancer in application:
        idle, delay = balancer.idle_timeout, group.deregistration_delay
        if idle > delay:
            yield failed(
                group.attribute("deregistration_delay.timeout_seconds"),
                f"load balancer {balancer.label} lets a request wait {idle} s, but target group "
                f"{group.label} cuts it {delay} s after its task is told to go",
                place=group,
            )
        else:
            yield passed(entry)
    if application:
        yield from _keep_alive(service, max(each.idle_timeout for *_, each in application))


def _keep_alive(service: Service, idle: int) -> Verdicts:
    called = {entry["containerName"].text() for entry in service.load_balancers}
    for container in service.task_definition.containers:
        if container.label not in called:
            continue
        for name, node in container.environment.items():
            if not _KEEP_ALIVE.fullmatch(name):
                continue
            try:
                seconds = node.whole()
            except Unknown:
                continue  # not a number of seconds
            if seconds is not None and 0 < seconds <= idle:
                yield failed(
                    node,
                    f"{container.label}: {name} is {seconds} s, the load balancer keeps connections {idle} "
                    "s: it sends requests into connections that are just being closed (502)",
                    place=service.task_definition,
                )


@rule(
    "X-11",
    "One scale-in is over before the next begins",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
    remedy='set "ScaleInCooldown" above deregistration delay plus "stopTimeout"',
    anchors=(),
)
def scale_in_and_drain(service: Service) -> Verdicts:
    target = service.scalable_target
    if target is None or not service.load_balancers:
        return
    delay = max((group.deregistration_delay for _, group in service.target_groups), default=0)
    stop = service.task_definition.stop_way().seconds
    for policy in target.policies:
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        if not tracking.given or tracking["DisableScaleIn"].flag():
            continue
        seconds = cooldown(policy, "ScaleInCooldown")
        node = tracking["ScaleInCooldown"]
        said = f"deregistration {delay} + stopping {stop} = {delay + stop} s"
        if seconds < delay + stop:
            yield failed(
                node,
                f"ScaleInCooldown {seconds} s, but {said}: the next tasks leave while the last still drain",
                put(node, delay + stop),
                place=policy,
            )
        else:
            yield passed(service["desiredCount"], said)
