"""Target groups, load balancers and listeners."""

from __future__ import annotations

from audit.model.node import Node
from audit.model.resource import Resource, attribute

# Elastic Load Balancing, "Target group attributes": deregistration_delay.timeout_seconds.
DEFAULT_DEREGISTRATION_DELAY_S = 300
# Elastic Load Balancing, "Application Load Balancers", load balancer attributes: idle_timeout.
DEFAULT_IDLE_TIMEOUT_S = 60


class TargetGroup(Resource):
    """An element of DescribeTargetGroups with ``Attributes`` of DescribeTargetGroupAttributes."""

    kind = "target group"
    named_by = ("TargetGroupArn", "TargetGroupName")

    @property
    def deregistration_delay(self) -> int:
        """Seconds that a leaving target keeps its connections."""
        seconds = self.attribute("deregistration_delay.timeout_seconds").whole()
        return DEFAULT_DEREGISTRATION_DELAY_S if seconds is None else seconds

    @property
    def target_type(self) -> str:
        """``instance`` unless given (API reference, CreateTargetGroup)."""
        return self["TargetType"].text() or "instance"

    def attribute(self, key: str) -> Node:
        """One of the attributes."""
        return attribute(self, key)


class LoadBalancer(Resource):
    """An element of DescribeLoadBalancers with ``Attributes`` of DescribeLoadBalancerAttributes."""

    kind = "load balancer"
    named_by = ("LoadBalancerArn", "LoadBalancerName")

    @property
    def idle_timeout(self) -> int:
        """Seconds that an idle connection is kept."""
        seconds = attribute(self, "idle_timeout.timeout_seconds").whole()
        return DEFAULT_IDLE_TIMEOUT_S if seconds is None else seconds


class Listener(Resource):
    """An element of DescribeListeners."""

    kind = "listener"
    named_by = ("ListenerArn",)
