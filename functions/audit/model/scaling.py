"""Application Auto Scaling: scalable targets and policies of ECS services, and alarms."""

from __future__ import annotations

from audit.model.resource import Resource


class ScalableTarget(Resource):
    """An element of DescribeScalableTargets (service namespace ``ecs``)."""

    kind = "scalable target"
    named_by = ("ScalableTargetARN", "ResourceId")

    @property
    def policies(self) -> tuple[ScalingPolicy, ...]:
        """The policies of the same resource; UNKNOWN if nobody looked."""
        return self.graph.policies_of(self)


class ScalingPolicy(Resource):
    """An element of DescribeScalingPolicies (service namespace ``ecs``)."""

    kind = "scaling policy"
    named_by = ("PolicyARN", "PolicyName")


class Alarm(Resource):
    """An element of DescribeAlarms ``MetricAlarms``."""

    kind = "alarm"
    named_by = ("AlarmArn", "AlarmName")
