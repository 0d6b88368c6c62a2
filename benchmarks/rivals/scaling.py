"""How others scale queue workers, each as its documentation says, in the same world as ours.

Where a design leaves a choice to the user, it is the one that its authors recommend; ``S`` (the mean
processing time) and the SLO are known to all of them exactly.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.cloudwatch.alarm_watch import Alarm
from sandbox.cloudwatch.datapoints import MetricName
from sandbox.cloudwatch.evaluation import AlarmRule
from sandbox.queue_load.native_metrics import ecs_metric, sqs_metric
from sandbox.queue_load.world import World

Controller = Callable[[World], None]

_BACKLOG_PER_TASK = MetricName("Rival", "BacklogPerTask")
_PUBLISHED_AFTER_S = 5.0  # the schedule's own delay, and the call's
_STEP_S = 5  # of the clairvoyant


def _acceptable_backlog(world: World) -> float:
    """Latency over processing time: what one task may have before it."""
    return world.setting.slo_s * world.setting.slots / world.load.mean_work_s


def _target(world: World) -> None:
    world.autoscale(
        "RegisterScalableTarget",
        MinCapacity=world.setting.minimum,
        MaxCapacity=world.setting.maximum,
    )


def _track(world: World, name: str, configuration: Mapping[str, Any]) -> None:
    world.autoscale(
        "PutScalingPolicy",
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=dict(configuration),
    )


def _custom(metric: MetricName, value: float) -> dict[str, Any]:
    return {
        "TargetValue": value,
        "CustomizedMetricSpecification": {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Statistic": "Average",
        },
    }


def _publish_backlog(world: World, value: Callable[[int, int], float | None]) -> None:
    def publish() -> None:
        found = value(world.attributes().visible, len(world.service.running))
        if found is not None:
            world.datapoints.put(_BACKLOG_PER_TASK, world.clock.now(), found)

    world.every(60.0, publish, first=_PUBLISHED_AFTER_S)


def aws_backlog(world: World) -> None:
    """Backlog per task, "Scaling policy based on Amazon SQS" (EC2 Auto Scaling user guide).

    Cooldowns are the defaults of Application Auto Scaling for ECS. The guide divides by the capacity
    in service and says nothing of none: then there is nothing to publish.
    """
    _target(world)
    _track(world, "backlog", _custom(_BACKLOG_PER_TASK, _acceptable_backlog(world)))
    _publish_backlog(world, lambda visible, running: visible / running if running else None)


def copilot(world: World) -> None:
    """AWS Copilot's worker services: its calculator, its target, its cooldowns."""
    _target(world)
    target = math.ceil(world.setting.slo_s / world.load.mean_work_s)
    cooldowns = {"ScaleOutCooldown": 60, "ScaleInCooldown": 120}
    _track(world, "backlog", _custom(_BACKLOG_PER_TASK, target) | cooldowns)
    _publish_backlog(world, lambda visible, running: math.ceil(visible / (running or 1)))


def metric_math(world: World) -> None:
    """``m1/m2`` of the queue's own metric and the running tasks, without a function of one's own.

    "Create a target tracking scaling policy using metric math" (Application Auto Scaling user guide).
    """
    _target(world)
    queries = [
        _query("m1", sqs_metric("ApproximateNumberOfMessagesVisible", "jobs"), "Sum"),
        _query("m2", ecs_metric("ECS/ContainerInsights", "RunningTaskCount", world.service)),
        {"Id": "e1", "Expression": "m1/m2", "ReturnData": True},
    ]
    _track(
        world,
        "math",
        {
            "TargetValue": _acceptable_backlog(world),
            "CustomizedMetricSpecification": {"Metrics": queries},
        },
    )


def cpu_tracking(world: World) -> None:
    """Target tracking on CPU at 50 %, the default of the CDK's queue pattern, for CPU-bound workers."""
    _target(world)
    _track(world, "cpu", _cpu_at(50.0))


def cdk_steps(world: World) -> None:
    """The CDK's ``QueueProcessingFargateService`` as it comes: steps on visible messages, and CPU.

    Its queue metric has a period of five minutes.
    """
    _target(world)
    _track(world, "cpu", _cpu_at(50.0))
    _steps(world, "out", [(0, 400, 1), (400, None, 5)], 100.0, "GreaterThanOrEqualToThreshold")
    _steps(world, "in", [(None, 0, -1)], 0.0, "LessThanOrEqualToThreshold")


def keda(world: World, messages_per_task: float | None = None) -> None:
    """KEDA's SQS scaler and the Horizontal Pod Autoscaler, as if ECS tasks were pods.

    ``queueLength`` is what a task works off within the SLO; in flight counts (``scaleOnInFlight``).
    Polling for activation every 30 s, HPA every 15 s with 10 % tolerance, doubling or four more in
    15 s at most, five minutes of stabilisation on the way down, five minutes until zero.
    """
    target = messages_per_task or _acceptable_backlog(world)
    recommended: deque[tuple[float, int]] = deque()
    idle_since = [world.clock.now()]

    def activate() -> None:
        counts, now = world.attributes(), world.clock.now()
        if counts.visible + counts.in_flight > 0:
            idle_since[0] = now
            if world.service.desired == 0:
                world.scale(max(1, world.setting.minimum))
        elif world.setting.minimum == 0 and now - idle_since[0] >= 300:
            world.scale(0)

    def sync() -> None:
        desired, counts, now = world.service.desired, world.attributes(), world.clock.now()
        if desired == 0:
            return
        total = counts.visible + counts.in_flight
        wanted = math.ceil(total / target)
        if abs(total / (desired * target) - 1) <= 0.1:
            wanted = desired
        recommended.append((now, wanted))
        while recommended[0][0] < now - 300:
            recommended.popleft()
        stable = max(each for _, each in recommended)
        limited = min(stable, max(2 * desired, desired + 4))
        world.scale(max(1, limited))

    world.every(30.0, activate, first=10.0)
    world.every(15.0, sync, first=12.0)


def keda_half(world: World) -> None:
    """KEDA with half of that: what its users do when messages are late."""
    keda(world, _acceptable_backlog(world) / 2)


def keda_third(world: World) -> None:
    """KEDA with a third of that: what they do when they still are."""
    keda(world, _acceptable_backlog(world) / 3)


def clairvoyant(world: World) -> None:
    """No rival but a bound: who knows every message beforehand, and pays for starts as all do.

    Served at the pace of the last part of an SLO, every message is in time. Tasks are ordered when they
    must start, and kept while they will be needed sooner than they could be started again.
    """
    part_s, lead_s = 0.5 * world.setting.slo_s, 1.2 * world.setting.times.startup_s
    arrivals, work = world.load.arrivals, [0.0, *itertools.accumulate(world.load.work)]
    began = world.clock.now()

    def needed(at: float) -> int:
        first, last = bisect_right(arrivals, at - part_s), bisect_right(arrivals, at)
        return math.ceil((work[last] - work[first]) / (part_s * world.setting.slots))

    def order() -> None:
        now = world.clock.now() - began
        ahead = [needed(now + step) for step in range(0, math.ceil(lead_s) + _STEP_S, _STEP_S)]
        world.scale(max(ahead))

    world.every(_STEP_S, order, first=0.0)


def _query(name: str, metric: MetricName, statistic: str = "Average") -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": named, "Stat": statistic},
        "ReturnData": False,
    }


def _cpu_at(percent: float) -> dict[str, Any]:
    predefined = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    return {"TargetValue": percent, "PredefinedMetricSpecification": predefined}


def _steps(
    world: World,
    name: str,
    steps: list[tuple[float | None, float | None, int]],
    threshold: float,
    comparison: str,
) -> None:
    adjustments = []
    for lower, upper, change in steps:
        step: dict[str, float] = {"ScalingAdjustment": change}
        if lower is not None:
            step["MetricIntervalLowerBound"] = lower
        if upper is not None:
            step["MetricIntervalUpperBound"] = upper
        adjustments.append(step)
    arn = world.autoscale(
        "PutScalingPolicy",
        PolicyName=name,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": adjustments,
        },
    )["PolicyARN"]
    metric = sqs_metric("ApproximateNumberOfMessagesVisible", "jobs")
    world.alarms.put(
        Alarm(
            name,
            AlarmRule(threshold, comparison, period_s=300),
            lambda at, period: world.datapoints.statistic(metric, "Maximum", at, period),
            lambda value: world.autoscaling.alarm(arn, value, threshold),
        )
    )


RIVALS: Mapping[str, Controller] = {
    "aws_backlog": aws_backlog,
    "copilot": copilot,
    "metric_math": metric_math,
    "cdk_steps": cdk_steps,
    "cpu_tracking": cpu_tracking,
    "keda": keda,
    "keda_half": keda_half,
    "keda_third": keda_third,
    "clairvoyant": clairvoyant,
}
