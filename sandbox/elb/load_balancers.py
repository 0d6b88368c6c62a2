"""Load balancers and listeners: only what decides whether a target group is in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.elb.paging import page
from sandbox.errors import ApiError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.elb.agenda import Agenda
    from sandbox.elb.model import Shape

# "Application Load Balancers", load balancer attributes: the defaults. Nobody can change them here.
_ATTRIBUTES = {
    "idle_timeout.timeout_seconds": "60",
    "deletion_protection.enabled": "false",
    "access_logs.s3.enabled": "false",
}


class LoadBalancers:
    """Knows which load balancers forward to which target groups."""

    def __init__(self, agenda: Agenda, rng: random.Random, attached: Callable[[str], None]) -> None:
        """``attached`` is told the ARN of a target group that a listener forwards to."""
        self._agenda = agenda
        self._rng = rng
        self._attached = attached
        self.load_balancers: dict[str, Shape] = {}
        self.listeners: dict[str, Shape] = {}
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateLoadBalancer": self.create_load_balancer,
            "DescribeLoadBalancers": self.describe_load_balancers,
            "DescribeLoadBalancerAttributes": self.describe_attributes,
            "CreateListener": self.create_listener,
            "DescribeListeners": self.describe_listeners,
            "DeleteListener": self.delete_listener,
        }

    def arns_of(self, group_arn: str) -> list[str]:
        """Tell which load balancers forward to a target group."""
        arns = [
            listener["LoadBalancerArn"]
            for listener in self.listeners.values()
            if group_arn in _forwarded_to(listener["DefaultActions"])
        ]
        return list(dict.fromkeys(arns))

    def create_load_balancer(self, request: Request) -> Shape:
        params = request.params
        for existing in self._of(request):
            if existing["LoadBalancerName"] == params["Name"]:
                return {"LoadBalancers": [existing]}
        kind = params.get("Type", "application")
        short = {"application": "app", "network": "net", "gateway": "gwy"}[kind]
        resource = f"loadbalancer/{short}/{params['Name']}/{self._rng.randbytes(8).hex()}"
        arn = request.arn("elasticloadbalancing", resource)
        scheme = params.get("Scheme", "internet-facing")
        self.load_balancers[arn] = {
            "LoadBalancerArn": arn,
            "DNSName": f"{params['Name']}-{self._rng.randrange(10**9)}."
            f"{request.caller.region}.elb.amazonaws.com",
            "CreatedTime": datetime.fromtimestamp(self._agenda.now(), UTC),
            "LoadBalancerName": params["Name"],
            "Scheme": scheme,
            "State": {"Code": "active"},
            "Type": kind,
            "AvailabilityZones": [{"SubnetId": subnet} for subnet in params.get("Subnets", [])],
            "SecurityGroups": params.get("SecurityGroups", []),
            "IpAddressType": params.get("IpAddressType", "ipv4"),
        }
        return {"LoadBalancers": [self.load_balancers[arn]]}

    def describe_load_balancers(self, request: Request) -> Shape:
        found = self._of(request)
        for field, wanted in (
            ("LoadBalancerArn", request.params.get("LoadBalancerArns")),
            ("LoadBalancerName", request.params.get("Names")),
        ):
            if wanted:
                found = [each for each in found if each[field] in wanted]
                if len(found) < len(set(wanted)):
                    raise ApiError("LoadBalancerNotFound", "One or more load balancers not found")
        return page(request, "LoadBalancers", found)

    def describe_attributes(self, request: Request) -> Shape:
        if request.params["LoadBalancerArn"] not in self.load_balancers:
            raise ApiError("LoadBalancerNotFound", "One or more load balancers not found")
        return {"Attributes": [{"Key": key, "Value": value} for key, value in _ATTRIBUTES.items()]}

    def create_listener(self, request: Request) -> Shape:
        params = request.params
        balancer_arn = params["LoadBalancerArn"]
        if balancer_arn not in self.load_balancers:
            raise ApiError("LoadBalancerNotFound", f"Load balancer '{balancer_arn}' not found")
        path = balancer_arn.split(":loadbalancer/")[1]
        arn = request.arn("elasticloadbalancing", f"listener/{path}/{self._rng.randbytes(8).hex()}")
        shown = ("LoadBalancerArn", "Port", "Protocol", "Certificates", "SslPolicy")
        listener = {name: params[name] for name in shown if name in params}
        self.listeners[arn] = {
            "ListenerArn": arn,
            **listener,
            "DefaultActions": params["DefaultActions"],
        }
        for group_arn in _forwarded_to(params["DefaultActions"]):
            self._attached(group_arn)
        return {"Listeners": [self.listeners[arn]]}

    def describe_listeners(self, request: Request) -> Shape:
        balancer, arns = request.params.get("LoadBalancerArn"), request.params.get("ListenerArns")
        found = [
            listener
            for arn, listener in self.listeners.items()
            if (not balancer or listener["LoadBalancerArn"] == balancer)
            and (not arns or arn in arns)
        ]
        if arns and len(found) < len(set(arns)):
            raise ApiError("ListenerNotFound", "One or more listeners not found")
        return {"Listeners": found}

    def delete_listener(self, request: Request) -> Shape:
        if self.listeners.pop(request.params["ListenerArn"], None) is None:
            raise ApiError("ListenerNotFound", "One or more listeners not found")
        return {}

    def _of(self, request: Request) -> list[Shape]:
        prefix = request.arn("elasticloadbalancing", "loadbalancer/")
        return [each for arn, each in self.load_balancers.items() if arn.startswith(prefix)]


def _forwarded_to(actions: list[dict[str, Any]]) -> set[str]:
    groups = {action["TargetGroupArn"] for action in actions if "TargetGroupArn" in action}
    for action in actions:
        for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
            groups.add(group["TargetGroupArn"])
    return groups
