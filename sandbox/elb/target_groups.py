"""The Elastic Load Balancing simulator: what stands behind the ``elbv2`` API."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sandbox.caller import Caller, Request
from sandbox.elb import targets as registrations
from sandbox.elb.agenda import Agenda
from sandbox.elb.health import TargetHealth
from sandbox.elb.load_balancers import LoadBalancers
from sandbox.elb.losses import Losses
from sandbox.elb.model import HealthCheck, Shape, TargetChange, TargetGroup, TargetKey
from sandbox.elb.paging import page
from sandbox.elb.tags import ResourceTags
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.clock import Clock


class TargetGroups:
    """Answers ``elbv2`` calls; ECS uses it directly to register and deregister its tasks."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        """An account without load balancers."""
        self.agenda = Agenda(clock)
        self._rng = rng
        self._health = TargetHealth(self.agenda, rng)
        self._groups: dict[str, TargetGroup] = {}
        self._load_balancers = LoadBalancers(self.agenda, rng, self._attached)
        self._tags = ResourceTags(self._exists)
        self._operations: dict[str, Callable[[Request], Shape]] = {
            "CreateTargetGroup": self._create_target_group,
            "DescribeTargetGroups": self._describe_target_groups,
            "DeleteTargetGroup": self._delete_target_group,
            "ModifyTargetGroupAttributes": self._modify_attributes,
            "DescribeTargetGroupAttributes": self._describe_attributes,
            "RegisterTargets": self._register_targets,
            "DeregisterTargets": self._deregister_targets,
            "DescribeTargetHealth": self._describe_target_health,
            **self._load_balancers.operations,
            **self._tags.operations,
        }

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        answer = self._operations.get(operation)
        if answer is None:
            raise UnsupportedOperation(
                f"the sandbox does not simulate elasticloadbalancing:{operation}"
            )
        with self.agenda.lock:
            return copy.deepcopy(answer(Request(copy.deepcopy(params), caller)))

    def watch(self, watcher: Callable[[TargetChange], None]) -> None:
        """Call ``watcher`` with every change of a target from now on."""
        self._health.watch(watcher)

    def group(self, group_arn: str) -> TargetGroup:
        """Find a target group."""
        if group_arn not in self._groups:
            raise ApiError("TargetGroupNotFound", f"Target groups '{group_arn}' not found")
        return self._groups[group_arn]

    def in_use(self, group_arn: str) -> bool:
        """Tell whether a load balancer forwards to the group."""
        return bool(self._load_balancers.arns_of(group_arn))

    def register(self, group_arn: str, key: TargetKey, zone: str | None) -> bool:
        """Register one target as ECS does; tell whether the group still exists."""
        group = self._groups.get(group_arn)
        if group:
            self._health.register(group, key, zone, in_use=self.in_use(group_arn))
        return group is not None

    def ip_address_type(self, group_arn: str) -> str:
        """Tell which addresses a group takes."""
        group = self._groups.get(group_arn)
        return group.ip_address_type if group else "ipv4"

    def deregister(self, group_arn: str, key: TargetKey) -> float:
        """Deregister one target as ECS does; tell how long it drains. A deleted group is fine."""
        group = self._groups.get(group_arn)
        return self._health.deregister(group, key) if group else 0.0

    def state(self, group_arn: str, key: TargetKey) -> str:
        """Tell the state of a target."""
        group = self._groups.get(group_arn)
        return group.targets[key].state if group and key in group.targets else "unused"

    def answer(self, key: TargetKey, status: int | None = 200) -> None:
        """Somebody answers at this address and port from now on, with a status or too late."""
        self._health.answer(key, status)

    def silence(self, key: TargetKey) -> None:
        """Nobody answers at this address and port from now on."""
        self._health.silence(key)

    def lost_request_seconds(self, group_arn: str) -> dict[TargetKey, float]:
        """Tell for each target how long it was in rotation while nobody answered there."""
        return self._settled(group_arn).seconds()

    def lost_traffic_seconds(self, group_arn: str) -> float:
        """Times the requests per second to the group, this is how many requests were lost."""
        return self._settled(group_arn).share_seconds()

    def _settled(self, group_arn: str) -> Losses:
        losses = self.group(group_arn).losses
        losses.settle(self.agenda.now())
        return losses

    def _exists(self, arn: str) -> bool:
        return arn in self._groups or arn in self._load_balancers.load_balancers

    def _attached(self, group_arn: str) -> None:
        group = self.group(group_arn)
        for target in list(group.targets.values()):
            if target.reason == "Target.NotInUse":
                self._health.start_checks(group, target)

    def _create_target_group(self, request: Request) -> Shape:
        params = request.params
        for group in self._of(request):
            if group.name == params["Name"]:
                _expect_same(group, params)
                return {"TargetGroups": [self._shape(group)]}
        target_type = params.get("TargetType", "instance")
        resource = f"targetgroup/{params['Name']}/{self._rng.randbytes(8).hex()}"
        group = TargetGroup(
            arn=request.arn("elasticloadbalancing", resource),
            name=params["Name"],
            protocol=params.get("Protocol", "HTTP"),
            port=params.get("Port", 80),
            vpc_id=params.get("VpcId", ""),
            target_type=target_type,
            ip_address_type=params.get("IpAddressType", "ipv4"),
            health_check=_health_check(params),
            losses=Losses(self.agenda.now()),
        )
        self._groups[group.arn] = group
        self._tags.put(group.arn, params.get("Tags", []))
        return {"TargetGroups": [self._shape(group)]}

    def _describe_target_groups(self, request: Request) -> Shape:
        params, found = request.params, self._of(request)
        if arns := params.get("TargetGroupArns"):
            found = [self.group(arn) for arn in arns]
        if names := params.get("Names"):
            found = [group for group in found if group.name in names]
            if len(found) < len(set(names)):
                raise ApiError("TargetGroupNotFound", "One or more target groups not found")
        if balancer := params.get("LoadBalancerArn"):
            found = [
                group for group in found if balancer in self._load_balancers.arns_of(group.arn)
            ]
        return page(request, "TargetGroups", [self._shape(group) for group in found])

    def _delete_target_group(self, request: Request) -> Shape:
        arn = request.params["TargetGroupArn"]
        if self.in_use(arn):
            message = f"Target group '{arn}' is currently in use by a listener or a rule"
            raise ApiError("ResourceInUse", message)
        if group := self._groups.pop(arn, None):
            self._health.forget(group)
        return {}

    def _modify_attributes(self, request: Request) -> Shape:
        group = self.group(request.params["TargetGroupArn"])
        for attribute in request.params["Attributes"]:
            group.attributes[attribute["Key"]] = attribute["Value"]
        return self._describe_attributes(request)

    def _describe_attributes(self, request: Request) -> Shape:
        group = self.group(request.params["TargetGroupArn"])
        return {"Attributes": [{"Key": k, "Value": v} for k, v in group.attributes.items()]}

    def _register_targets(self, request: Request) -> Shape:
        group = self.group(request.params["TargetGroupArn"])
        in_use = self.in_use(group.arn)
        registrations.register(self._health, group, request.params["Targets"], in_use=in_use)
        return {}

    def _deregister_targets(self, request: Request) -> Shape:
        group = self.group(request.params["TargetGroupArn"])
        for key in registrations.keys(group, request.params["Targets"]):
            self._health.deregister(group, key)
        return {}

    def _describe_target_health(self, request: Request) -> Shape:
        group = self.group(request.params["TargetGroupArn"])
        described = registrations.describe(group, request.params.get("Targets"))
        return {"TargetHealthDescriptions": described}

    def _of(self, request: Request) -> list[TargetGroup]:
        prefix = request.arn("elasticloadbalancing", "targetgroup/")
        return [group for arn, group in self._groups.items() if arn.startswith(prefix)]

    def _shape(self, group: TargetGroup) -> Shape:
        check = group.health_check
        return {
            "TargetGroupArn": group.arn,
            "TargetGroupName": group.name,
            "Protocol": group.protocol,
            "Port": group.port,
            "VpcId": group.vpc_id,
            "HealthCheckProtocol": check.protocol,
            "HealthCheckPort": check.port,
            "HealthCheckEnabled": True,
            "HealthCheckIntervalSeconds": check.interval_s,
            "HealthCheckTimeoutSeconds": check.timeout_s,
            "HealthyThresholdCount": check.healthy_threshold,
            "UnhealthyThresholdCount": check.unhealthy_threshold,
            "HealthCheckPath": check.path,
            "Matcher": {"HttpCode": check.http_code},
            "LoadBalancerArns": self._load_balancers.arns_of(group.arn),
            "TargetType": group.target_type,
            "IpAddressType": group.ip_address_type,
        }


def _expect_same(group: TargetGroup, params: Shape) -> None:
    existing = (group.protocol, group.port, group.vpc_id, group.target_type)
    wanted = tuple(
        params.get(name, same)
        for name, same in zip(("Protocol", "Port", "VpcId", "TargetType"), existing, strict=True)
    )
    if wanted != existing:
        message = (
            f"A target group with the same name '{group.name}' exists, but with different settings"
        )
        raise ApiError("DuplicateTargetGroupName", message)


def _health_check(params: Shape) -> HealthCheck:
    default = HealthCheck()
    return HealthCheck(
        protocol=params.get("HealthCheckProtocol") or params.get("Protocol") or default.protocol,
        port=params.get("HealthCheckPort", default.port),
        path=params.get("HealthCheckPath", default.path),
        interval_s=params.get("HealthCheckIntervalSeconds", default.interval_s),
        timeout_s=params.get("HealthCheckTimeoutSeconds", default.timeout_s),
        healthy_threshold=params.get("HealthyThresholdCount", default.healthy_threshold),
        unhealthy_threshold=params.get("UnhealthyThresholdCount", default.unhealthy_threshold),
        http_code=params.get("Matcher", {}).get("HttpCode", default.http_code),
    )
