"""Target tracking: the two alarms that AWS creates for a policy, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.autoscaling.rules import IN_PERIODS, OUT_PERIODS, SCALE_IN_BELOW
from sandbox.cloudwatch.alarm_watch import Alarm, Reader
from sandbox.cloudwatch.datapoints import name_of
from sandbox.cloudwatch.evaluation import AlarmRule
from sandbox.cloudwatch.expression import expression_reader
from sandbox.errors import UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.autoscaling.actions import Actions
    from sandbox.autoscaling.model import Policy, Target
    from sandbox.clock import Clock
    from sandbox.cloudwatch.alarm_watch import AlarmWatch
    from sandbox.cloudwatch.datapoints import Datapoints

_PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}


class Tracking:
    """Puts and deletes the alarms of target tracking policies."""

    def __init__(
        self, clock: Clock, alarms: AlarmWatch, datapoints: Datapoints, actions: Actions
    ) -> None:
        """``actions`` is what the alarms invoke."""
        self._clock = clock
        self._alarms = alarms
        self._datapoints = datapoints
        self._actions = actions

    def start(self, target: Target, policy: Policy) -> None:
        """AlarmHigh: 3 of 3 minutes above the target; AlarmLow: 15 of 15 below nine tenths of it.

        Not documented, the same in every exported alarm: periods, threshold, missing data "missing".
        """
        value = float(policy.configuration["TargetValue"])
        read = self._reader(target, policy.configuration)
        prefix = f"TargetTracking-{target.resource_id}-Alarm"
        high, low = f"{prefix}High-{policy.name}", f"{prefix}Low-{policy.name}"
        policy.alarms = (high, low)
        out = AlarmRule(value, "GreaterThanThreshold", 60, OUT_PERIODS, OUT_PERIODS)
        below = SCALE_IN_BELOW * value
        inwards = AlarmRule(below, "LessThanThreshold", 60, IN_PERIODS, IN_PERIODS)
        track_out = self._actions.track_out
        self._alarms.put(Alarm(high, out, read, lambda metric: track_out(target, policy, metric)))
        # "Service Auto Scaling waits for one data point to be sent before scaling out" from zero.
        once = AlarmRule(value, "GreaterThanThreshold", 60, 1, 1)
        self._alarms.put(Alarm(_at_zero(policy), once, read, self._from_zero(target, policy)))
        if policy.scales_in:
            track_in = self._actions.track_in
            self._alarms.put(Alarm(low, inwards, read, lambda _: track_in(target, policy)))

    def stop(self, policy: Policy) -> None:
        """Delete the alarms."""
        for name in (*policy.alarms, _at_zero(policy)):
            self._alarms.delete(name)

    def _from_zero(self, target: Target, policy: Policy) -> Callable[[float], None]:
        def act(metric: float) -> None:
            if self._actions.at_zero(target):
                self._actions.track_out(target, policy, metric)

        return act

    def _reader(self, target: Target, configuration: Mapping[str, Any]) -> Reader:
        predefined = configuration.get("PredefinedMetricSpecification")
        if predefined:
            kind = predefined["PredefinedMetricType"]
            if kind not in _PREDEFINED:
                raise UnsupportedOperation(f"the sandbox does not track {kind}")
            _, cluster, service = target.resource_id.split("/")
            given = [
                {"Name": "ClusterName", "Value": cluster},
                {"Name": "ServiceName", "Value": service},
            ]
            metric = name_of("AWS/ECS", _PREDEFINED[kind], given)
            return lambda at, period: self._datapoints.statistic(metric, "Average", at, period)
        own = configuration["CustomizedMetricSpecification"]
        if "Metrics" in own:
            return expression_reader(self._datapoints, own["Metrics"])
        metric = name_of(own["Namespace"], own["MetricName"], own.get("Dimensions", ()))
        statistic = own["Statistic"]
        return lambda at, period: self._datapoints.statistic(metric, statistic, at, period)


def _at_zero(policy: Policy) -> str:
    """AWS shows no such alarm; how it looks at one data point is not published."""
    return f"{policy.arn} at zero"
