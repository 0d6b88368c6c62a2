"""VAL: scaling policies that PutScalingPolicy refuses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from audit.model.node import Node
from audit.model.scaling import ScalingPolicy
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, rule

_CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
_REQUESTS = "ALBRequestCountPerTarget"
_METRIC = ("MetricName", "Namespace", "Statistic")


@rule(
    "VAL-50",
    "A scaling policy has all that its type needs",
    on=ScalingPolicy,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html",
    remedy="give the configuration of the policy's type: one metric to track, or steps without gaps",
    anchors=(),
)
def parts_of_policy(policy: ScalingPolicy) -> Verdicts:
    checks = (_configured, _tracked, _stepped)
    return examine(checks, lambda check: check(policy), clean=policy["PolicyType"])


def _configured(policy: ScalingPolicy) -> Iterator[Verdict]:
    name = policy["PolicyType"].text() or "StepScaling"
    field = _CONFIGURATIONS.get(name)
    if field and not policy[field].given:
        yield failed(
            policy[field],
            f"PolicyType is {name}, and there is no {field}: it is required for that type",
        )


def _tracked(policy: ScalingPolicy) -> Iterator[Verdict]:
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    if not tracking.given:
        return
    predefined = tracking["PredefinedMetricSpecification"]
    own = tracking["CustomizedMetricSpecification"]
    if predefined.given == own.given:
        yield failed(
            predefined,
            f"{'both' if own.given else 'neither'} a predefined and a customized metric: specify either a "
            "predefined metric or a customized metric",
        )
    elif predefined.given:
        yield from _labelled(predefined)
    elif not own["Metrics"].items():
        for field in _METRIC:
            if not own[field].given:
                yield failed(own[field], f"the customized metric has no {field} and no Metrics")


def _labelled(predefined: Node) -> Iterator[Verdict]:
    label, metric = predefined["ResourceLabel"], predefined["PredefinedMetricType"].text()
    if metric == _REQUESTS and not label.given:
        yield failed(label, f"{_REQUESTS} without a ResourceLabel, which names the target group")
    elif metric and metric != _REQUESTS and label.in_use:
        yield failed(
            label,
            f"{metric} with a ResourceLabel: you can't specify a resource label unless the metric type is "
            f"{_REQUESTS}",
            drop(label),
        )


def _stepped(policy: ScalingPolicy) -> Iterator[Verdict]:
    stepping = policy["StepScalingPolicyConfiguration"]
    if not stepping.given:
        return
    if not stepping["AdjustmentType"].given:
        yield failed(stepping["AdjustmentType"], "the step scaling policy has no AdjustmentType")
    steps = stepping["StepAdjustments"].items()
    if not steps:
        yield failed(stepping["StepAdjustments"], "at least one step adjustment is required")
    ranges = sorted((*_range(step), index) for index, step in enumerate(steps))
    for low, high, index in ranges:
        if low >= high:
            yield failed(
                steps[index]["MetricIntervalUpperBound"],
                f"a step from {low:g} to {high:g}: the upper bound must be greater than the lower bound",
            )
    for (_, end, _), (start, _, index) in pairwise(ranges):
        if start != end:
            what = "overlap" if start < end else "leave a gap"
            yield failed(
                steps[index]["MetricIntervalLowerBound"],
                f"steps {what}: one ends at {end:g}, the next begins at {start:g}",
            )


def _range(step: Node) -> tuple[float, float]:
    low, high = step["MetricIntervalLowerBound"].number(), step["MetricIntervalUpperBound"].number()
    return (
        float("-inf") if low is None else low,
        float("inf") if high is None else high,
    )
