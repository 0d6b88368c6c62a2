"""SCL: what the policies do to each other and to the service."""

from __future__ import annotations

from collections import Counter

from audit.model.node import Node, Unknown
from audit.model.scaling import Alarm, ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule
from audit.rules.scaling_target import predefined_metric, service_of

_TRACKING = "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html"
# Application Auto Scaling, "Target tracking scaling policies": the default for ECS services.
_DEFAULT_COOLDOWN_S = 300
_CPU = "ECSServiceAverageCPUUtilization"


def _tracking(policy: ScalingPolicy) -> Node:
    return policy["TargetTrackingScalingPolicyConfiguration"]


def cooldown(policy: ScalingPolicy, field: str) -> int:
    """Seconds of ``ScaleInCooldown`` or ``ScaleOutCooldown``, with the default."""
    seconds = _tracking(policy)[field].whole()
    return _DEFAULT_COOLDOWN_S if seconds is None else seconds


@rule(
    "SCL-04",
    "A service grows faster than it shrinks",
    on=ScalingPolicy,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_TRACKING,
    remedy='set "ScaleOutCooldown" to about 60 and "ScaleInCooldown" to about 300',
    anchors=(),
)
def grows_faster(policy: ScalingPolicy) -> Verdicts:
    if not _tracking(policy).given or _tracking(policy)["DisableScaleIn"].flag():
        return
    into, out = cooldown(policy, "ScaleInCooldown"), cooldown(policy, "ScaleOutCooldown")
    node = _tracking(policy)["ScaleOutCooldown"]
    if into > out:
        yield passed(node)
        return
    defaults = "" if node.given else " (the default)"
    yield failed(
        node,
        f"ScaleOutCooldown {out} s{defaults} is not shorter than ScaleInCooldown {into} s: the service "
        "gives tasks back as eagerly as it takes them",
        put(node, 60),
        severity=Severity.MEDIUM if node.given else Severity.LOW,
    )


@rule(
    "SCL-05",
    "The scale-out cooldown fits the time that a task needs to start",
    on=ScalingPolicy,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_TRACKING,
    remedy='set "ScaleOutCooldown" to the time from RUNNING to healthy, and not above 300',
    anchors=(),
)
def fits_the_start(policy: ScalingPolicy) -> Verdicts:
    node = _tracking(policy)["ScaleOutCooldown"]
    if not node.given:
        return
    out = cooldown(policy, "ScaleOutCooldown")
    start = _start_period(policy)
    if out > _DEFAULT_COOLDOWN_S:
        yield failed(node, f"ScaleOutCooldown {out} s: a burst waits that long for the second step")
    elif out < start:
        yield failed(
            node,
            f"ScaleOutCooldown {out} s is shorter than the startPeriod of {start} s: tasks are added "
            "before those just added have taken any load",
            put(node, start),
        )
    else:
        yield passed(node)


def _start_period(policy: ScalingPolicy) -> int:
    service = _service_of(policy)
    if service is None:
        return 0
    checks = [container.health_check for container in service.task_definition.containers]
    return max((check.start_period for check in checks if check), default=0)


def _service_of(policy: ScalingPolicy) -> Service | None:
    target = policy.graph.target_of(policy)
    return service_of(target) if target is not None else None


@rule(
    "SCL-06",
    "Policies do not work against each other",
    on=ScalableTarget,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_TRACKING,
    remedy="keep one policy a metric, and let at least one scale in",
    anchors=(),
)
def not_against_each_other(target: ScalableTarget) -> Verdicts:
    policies = target.policies
    tracked = [policy for policy in policies if _tracking(policy).given]
    metrics = Counter(metric for policy in tracked if (metric := _metric(policy)))
    twice = [metric for metric, count in metrics.items() if count > 1]
    stepped = {metric for policy in policies for metric in _alarm_metrics(policy)}
    both = sorted(stepped & {_PLAIN.get(metric, metric) for metric in metrics})
    node = target["ResourceId"]
    if twice:
        yield failed(node, f"two policies track {twice[0]}: the lower target always wins")
    elif both:
        yield failed(node, f"step scaling and target tracking both follow {both[0]}")
    elif tracked and all(_tracking(policy)["DisableScaleIn"].flag() for policy in policies):
        yield failed(node, "every policy has DisableScaleIn: the service only ever grows")
    elif tracked:
        yield passed(node)


_PLAIN = {_CPU: "CPUUtilization", "ECSServiceAverageMemoryUtilization": "MemoryUtilization"}


def _metric(policy: ScalingPolicy) -> str | None:
    custom = _tracking(policy)["CustomizedMetricSpecification"]
    return predefined_metric(policy) or custom["MetricName"].text()


def _alarm_metrics(policy: ScalingPolicy) -> list[str]:
    if not policy["StepScalingPolicyConfiguration"].given:
        return []
    return [
        metric
        for alarm in policy.graph.all(Alarm)
        if set(alarm["AlarmActions"].texts()) & set(policy.names)
        and (metric := alarm["MetricName"].text())
    ]


@rule(
    "SCL-07",
    "The target leaves room, and is worth its money",
    on=ScalingPolicy,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_TRACKING,
    remedy='set "TargetValue" for CPU between 40 and 75',
    anchors=(),
)
def target_value(policy: ScalingPolicy) -> Verdicts:
    if predefined_metric(policy) != _CPU:
        return
    node = _tracking(policy)["TargetValue"]
    value = node.number()
    if value is None:
        raise Unknown("TargetValue is not given", node.path)
    if value >= 90:
        yield failed(node, f"a CPU target of {value:g} %: there is nothing left while tasks start")
    elif value <= 30:
        yield failed(node, f"a CPU target of {value:g} %: {100 - value:g} % are paid for and idle")
    else:
        yield passed(node)


@rule(
    "SCL-08",
    "What works off a queue scales with the queue",
    on=Service,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html",
    remedy="scale on the work in the queue over what the tasks can do, not on their CPU",
    anchors=(),
)
def scales_with_the_queue(service: Service) -> Verdicts:
    if service.load_balancers or not _reads_queue(service):
        return
    target = service.scalable_target
    if target is None:
        return
    tracked = [policy for policy in target.policies if predefined_metric(policy) == _CPU]
    if tracked and len(tracked) == len(target.policies):
        yield failed(
            tracked[0]["PolicyName"],
            f"{service.label} reads a queue, but scales on CPU: waiting messages use none",
            place=tracked[0],
        )
    else:
        yield passed(service["desiredCount"])


def _reads_queue(service: Service) -> bool:
    return any(
        "sqs" in str(node.value).lower() or "queue_url" in name.lower()
        for container in service.task_definition.containers
        for name, node in container.environment.items()
    )
