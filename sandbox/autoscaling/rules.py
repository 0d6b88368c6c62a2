"""How much capacity a policy asks for: arithmetic, without clock or account.

https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# 100 * 1.1 / 100 is a little more than 1.1: a rounding error must not add a task.
_ROUNDING_ERROR = 1e-9
# AWS scales in when the metric is "usually more than 10% lower than the target value".
SCALE_IN_BELOW = 0.9
OUT_PERIODS, IN_PERIODS = 3, 15


def tracked(running: int, metric: float, target: float) -> int:
    """Capacity in proportion to the metric, from what is running; rounded up.

    "To prevent runaway", the base is the actual running count, not the desired one. AWS says only
    that it rounds conservatively: up, both ways, is assumed.
    """
    if running == 0:
        # "Service Auto Scaling waits for one data point ... then scales out by the minimum possible
        # amount and resumes scaling based on the actual running task count."
        return 1 if metric > target else 0
    return math.ceil(running * metric / target - _ROUNDING_ERROR)


def stepped(
    capacity: int, configuration: Mapping[str, Any], metric: float, threshold: float
) -> int:
    """The capacity that a step policy asks for, given what is there."""
    adjustment = _adjustment(configuration["StepAdjustments"], metric - threshold)
    if adjustment is None:
        return capacity
    kind = configuration["AdjustmentType"]
    if kind == "ExactCapacity":
        return int(adjustment)
    if kind == "ChangeInCapacity":
        return max(0, capacity + int(adjustment))
    change = percent_of(capacity, adjustment)
    least = int(configuration.get("MinAdjustmentMagnitude", 0))
    if change and abs(change) < least:
        change = int(math.copysign(least, change))
    return max(0, capacity + change)


def percent_of(capacity: int, percent: float) -> int:
    """Rounded towards zero, but to one at least: 12.7 is 12, 0.67 is 1, -0.58 is -1, -6.67 is -6."""
    exact = capacity * percent / 100
    if exact == 0:
        return 0
    whole = math.trunc(exact)
    return whole or int(math.copysign(1, exact))


def _adjustment(steps: Sequence[Mapping[str, Any]], breach: float) -> float | None:
    """The step in whose interval the breach lies.

    Above the threshold the lower bound is in and the upper is out; below it is the other way round.
    """
    for step in steps:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        inside = lower <= breach < upper if breach >= 0 else lower < breach <= upper
        if inside:
            return float(step["ScalingAdjustment"])
    return None
