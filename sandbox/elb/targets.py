"""RegisterTargets, DeregisterTargets, DescribeTargetHealth."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sandbox.elb.model import DESCRIPTIONS, Shape, TargetGroup, TargetKey
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.elb.health import TargetHealth


def keys(group: TargetGroup, targets: list[Shape]) -> list[TargetKey]:
    """Name the targets a request means: without a port, the group's own port is meant."""
    return [(_valid_id(group, each["Id"]), each.get("Port", group.port)) for each in targets]


def _valid_id(group: TargetGroup, target_id: str) -> str:
    if group.target_type == "instance":
        if not target_id.startswith("i-"):
            raise ApiError("InvalidTarget", f"Instance ID '{target_id}' is not valid")
        return target_id
    if group.target_type != "ip":
        return target_id
    try:
        version = ipaddress.ip_address(target_id).version
    except ValueError:
        raise ApiError(
            "ValidationError", f"The IP address '{target_id}' is not a valid IP address"
        ) from None
    if f"ipv{version}" != group.ip_address_type:
        wanted = "IPv4" if group.ip_address_type == "ipv4" else "IPv6"
        raise ApiError(
            "InvalidTarget", f"The IP address '{target_id}' is not a valid {wanted} address"
        )
    return target_id


def register(
    health: TargetHealth, group: TargetGroup, targets: list[Shape], *, in_use: bool
) -> None:
    """Register the targets, each in its Availability Zone."""
    for key, each in zip(keys(group, targets), targets, strict=True):
        health.register(group, key, each.get("AvailabilityZone"), in_use=in_use)


def describe(group: TargetGroup, targets: list[Shape] | None) -> list[Shape]:
    """Describe the health of the asked targets, registered or not, or of all registered ones."""
    wanted = keys(group, targets) if targets else list(group.targets)
    return [_describe(group, key) for key in wanted]


def _describe(group: TargetGroup, key: TargetKey) -> Shape:
    target = group.targets.get(key)
    state, reason = (target.state, target.reason) if target else ("unused", "Target.NotRegistered")
    health: dict[str, str] = {"State": state}
    if reason:
        description = target.description if target else DESCRIPTIONS[reason]
        health |= {"Reason": reason, "Description": description}
    shape: Shape = {"Target": {"Id": key[0], "Port": key[1]}, "TargetHealth": health}
    if target and target.availability_zone:
        shape["Target"]["AvailabilityZone"] = target.availability_zone
    if target:
        traffic_port = group.health_check.port == "traffic-port"
        shape["HealthCheckPort"] = str(key[1]) if traffic_port else group.health_check.port
    return shape
