"""Target groups, load balancers and listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.model.node import Node
from audit.model.resource import Resource, attribute

if TYPE_CHECKING:
    from audit.model.service import Service

# Elastic Load Balancing, "Target group attributes": deregistration_delay.timeout_seconds.
DEFAULT_DEREGISTRATION_DELAY_S = 300
# Elastic Load Balancing, "Application Load Balancers", load balancer attributes: idle_timeout.
DEFAULT_IDLE_TIMEOUT_S = 60
# API reference, CreateTargetGroup "HealthCheckIntervalSeconds", "...TimeoutSeconds",
# "UnhealthyThresholdCount".
_INTERVAL_S, _TIMEOUT_S, _UNHEALTHY_COUNT, _HEALTHY_COUNT = 30, 10, 2, 5
_HTTP_TIMEOUT_S = 6


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
    def described(self) -> bool:
        """Does it exist? What a template or CreateTargetGroup has, has a name of its own."""
        made = bool(self.source.logical_id) or self["Name"].given
        return not made and any(self[field].given for field in self.named_by)

    @property
    def target_type(self) -> str:
        """``instance`` unless given (API reference, CreateTargetGroup)."""
        return self["TargetType"].text() or "instance"

    @property
    def health_interval(self) -> int:
        """Seconds between two health checks of a target."""
        return _whole(self["HealthCheckIntervalSeconds"], _INTERVAL_S)

    @property
    def health_timeout(self) -> int:
        """Seconds without an answer that make a check a failure."""
        http = self["Protocol"].text() == "HTTP"
        return _whole(self["HealthCheckTimeoutSeconds"], _HTTP_TIMEOUT_S if http else _TIMEOUT_S)

    @property
    def unhealthy_count(self) -> int:
        """Failures in a row that make a target unhealthy."""
        return _whole(self["UnhealthyThresholdCount"], _UNHEALTHY_COUNT)

    @property
    def healthy_count(self) -> int:
        """Successes in a row that make a target healthy."""
        return _whole(self["HealthyThresholdCount"], _HEALTHY_COUNT)

    @property
    def detection(self) -> int:
        """Seconds until a target that stopped answering is unhealthy."""
        return self.health_interval * self.unhealthy_count

    @property
    def slowest_response(self) -> float | None:
        """Seconds of the slowest requests (p99 of TargetResponseTime) where the audit read the metric."""
        return self["Observed"]["TargetResponseTimeP99"].number()

    @property
    def services(self) -> tuple[Service, ...]:
        """The services of the graph that register their tasks with it."""
        return self.graph.services_behind(self)

    @property
    def load_balancers(self) -> tuple[LoadBalancer, ...]:
        """Those that forward to it; UNKNOWN if nobody looked."""
        described = self["LoadBalancerArns"]
        arns = described.texts() if described.given else self._forwarding()
        return tuple(self.graph.find(LoadBalancer, arn) for arn in dict.fromkeys(arns))

    def _forwarding(self) -> list[str]:
        """Templates have no ``LoadBalancerArns``: listeners and their rules tell."""
        listeners = [
            each for each in self.graph.all(Listener) if self._among(each["DefaultActions"])
        ]
        listeners += [
            self.graph.find(Listener, rule["ListenerArn"].text() or "")
            for rule in self.graph.all(ListenerRule)
            if self._among(rule["Actions"])
        ]
        if not listeners:
            self.graph.every(Listener)  # UNKNOWN unless all were read
        return [arn for each in listeners if (arn := each["LoadBalancerArn"].text())]

    def _among(self, actions: Node) -> bool:
        for action in actions.items():
            entries = (action, *action["ForwardConfig"]["TargetGroups"].items())
            if any(entry["TargetGroupArn"].text() in self.names for entry in entries):
                return True
        return False

    def attribute(self, key: str) -> Node:
        """One of the attributes."""
        return attribute(self, key)


def _whole(node: Node, default: int) -> int:
    value = node.whole()
    return default if value is None else value


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


class ListenerRule(Resource):
    """An element of DescribeRules, with the ``ListenerArn`` that templates have."""

    kind = "listener rule"
    named_by = ("RuleArn",)
