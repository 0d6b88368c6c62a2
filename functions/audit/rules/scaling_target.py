"""SCL: between which counts a service scales, and whether anything moves it."""

from __future__ import annotations

import re

from audit.model.node import Unknown
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_TARGETS = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"
_SERVICE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html"
# Metrics that have no data while no task runs (developer guide, "Amazon ECS CloudWatch metrics").
_NEED_TASKS = frozenset(
    {
        "ECSServiceAverageCPUUtilization",
        "ECSServiceAverageMemoryUtilization",
        "ALBRequestCountPerTarget",
    }
)

_OF_TASKS = frozenset({"AWS/ECS", "ECS/ContainerInsights"})
# Both give a value where a metric has none (CloudWatch user guide, "Using metric math").
_GUARDED = re.compile(r"\b(?:FILL|IF)\s*\(", re.IGNORECASE)


@rule(
    "SCL-01",
    "A service behind a load balancer scales with its load",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_SERVICE,
    remedy="register a scalable target for the service and give it a target-tracking policy",
    anchors=(),
)
def scales(service: Service) -> Verdicts:
    if not service.load_balancers or service.daemon or service["desiredCount"].whole() == 0:
        return
    target = service.scalable_target
    node = service["desiredCount"]
    if target is None:
        yield failed(
            node, f"{service.label} stays at its desired count: no scalable target is registered"
        )
    elif not target.policies:
        yield failed(
            target["ResourceId"],
            f"{service.label} has a scalable target, but no policy moves it",
            place=target,
        )
    else:
        yield passed(node)


@rule(
    "SCL-02",
    "There is room between the smallest and the largest count",
    on=ScalableTarget,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_TARGETS,
    remedy='set "MinCapacity" to at least 2 in production and "MaxCapacity" well above it',
    anchors=(),
)
def room_to_scale(target: ScalableTarget) -> Verdicts:
    low, high = _bounds(target)
    if low == high:
        yield failed(
            target["MaxCapacity"], f"MinCapacity and MaxCapacity are both {low}: nothing can scale"
        )
    elif low == 1 and _production(target):
        yield failed(
            target["MinCapacity"],
            "MinCapacity is 1 in production: at night one task is the whole service",
            put(target["MinCapacity"], 2),
        )
    else:
        yield passed(target["MinCapacity"])


@rule(
    "SCL-03",
    "The desired count lies between the smallest and the largest",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_TARGETS,
    remedy='set "desiredCount" between MinCapacity and MaxCapacity, or leave it to the scaling',
    anchors=(),
)
def within_bounds(service: Service) -> Verdicts:
    target = service.scalable_target
    if target is None:
        return
    low, high = _bounds(target)
    desired, node = service.desired_count, service["desiredCount"]
    if low <= desired <= high:
        yield passed(node)
    else:
        yield failed(node, f"desiredCount {desired} is not within {low} and {high} of the scaling")


@rule(
    "SCL-09",
    "A service that may scale to zero can leave zero",
    on=ScalableTarget,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
    remedy='set "MinCapacity" to 1, or scale on a metric that exists without tasks, such as the queue\'s',
    anchors=(),
)
def leaves_zero(target: ScalableTarget) -> Verdicts:
    node = target["MinCapacity"]
    if node.whole() != 0 or not target.policies:
        if node.given:
            yield passed(node)
        return
    silent = [_silent_at_zero(policy) for policy in target.policies]
    if all(silent):
        yield failed(
            node,
            f"MinCapacity is 0, but {silent[0]} has no data while no task runs: once at zero, the "
            "service stays there",
            put(node, 2),
        )
    else:
        yield passed(node)


def _silent_at_zero(policy: ScalingPolicy) -> str | None:
    """The metric of a policy, if it has no data without tasks: nothing divided by nothing is nothing."""
    metric = predefined_metric(policy)
    if metric is not None:
        return metric if metric in _NEED_TASKS else None
    specification = policy["TargetTrackingScalingPolicyConfiguration"][
        "CustomizedMetricSpecification"
    ]
    parts = specification["Metrics"].items()
    of_tasks = any(part["MetricStat"]["Metric"]["Namespace"].text() in _OF_TASKS for part in parts)
    formulas = [text for part in parts if (text := part["Expression"].text())]
    divided = [text for text in formulas if "/" in text and not _GUARDED.search(text)]
    return f"the expression {divided[0]}" if of_tasks and divided else None


@rule(
    "SCL-10",
    "Scaling is not suspended",
    on=ScalableTarget,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html",
    remedy='set every field of "SuspendedState" to false',
    anchors=(),
)
def not_suspended(target: ScalableTarget) -> Verdicts:
    suspended = [name for name, node in target["SuspendedState"].entries().items() if node.flag()]
    if suspended:
        yield failed(
            target["SuspendedState"][suspended[0]],
            f"{' and '.join(suspended)}: the service does not scale",
            put(target["SuspendedState"][suspended[0]], False),
        )
    else:
        yield passed(target["SuspendedState"])


@rule(
    "SCL-11",
    "What is scaled exists",
    on=ScalableTarget,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_TARGETS,
    remedy="deregister the scalable target, or name a service that exists",
    anchors=(),
)
def service_exists(target: ScalableTarget) -> Verdicts:
    node = target["ResourceId"]
    if service_of(target) is not None:
        yield passed(node)
        return
    target.graph.every(Service)  # UNKNOWN unless all services were read
    yield failed(node, f"{node.text()} does not exist: its alarms cost money and scale nothing")


def _bounds(target: ScalableTarget) -> tuple[int, int]:
    low, high = target["MinCapacity"].whole(), target["MaxCapacity"].whole()
    if low is None or high is None:
        raise Unknown("MinCapacity or MaxCapacity is not given", ("MinCapacity",))
    return low, high


def service_of(target: ScalableTarget) -> Service | None:
    """The service that a scalable target moves, if it is in the graph."""
    return target.graph.scaled_by(target)


def _production(target: ScalableTarget) -> bool:
    service = service_of(target)
    return service is not None and service.production


def predefined_metric(policy: ScalingPolicy) -> str | None:
    """The predefined metric that a target-tracking policy follows."""
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    return tracking["PredefinedMetricSpecification"]["PredefinedMetricType"].text()
