"""VAL: what a service names of its task definition and of its target groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.load_balancing import TargetGroup
from audit.model.node import Node
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, rule

_GROUP_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)")
_SERVICE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"


@rule(
    "VAL-16",
    "Load balancers point at a container and port of the task definition, with the fitting target type",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html",
    remedy='let "containerName" and "containerPort" name a port mapping of the task definition; make the '
    'target group with "TargetType": "ip" for awsvpc, "instance" for bridge and host',
    anchors=(),
)
def load_balancers(service: Service) -> Verdicts:
    if not service.load_balancers:
        return ()
    return examine(
        service.load_balancers,
        lambda entry: _mismatch(service, entry),
        clean=service["loadBalancers"],
    )


def _mismatch(service: Service, entry: Node) -> Iterator[Verdict]:
    name, port = entry["containerName"].text(), entry["containerPort"].whole()
    container = service.task_definition.container(name) if name is not None else None
    if name is None or container is None:
        yield failed(
            entry["containerName"],
            f"the load balancer points at container {name}: The container {name} does not exist in the "
            "task definition",
        )
    elif port is not None and not any(ports.holds(port) for ports in container.ports):
        known = ", ".join(ports.label for ports in container.ports) or "none"
        yield failed(
            entry["containerPort"],
            f"the load balancer points at port {port} of {name}, which maps {known}: The container {name} "
            f"did not have a container port {port} defined",
        )
    yield from _target_types(service, entry)


def _target_types(service: Service, entry: Node) -> Iterator[Verdict]:
    mode = "awsvpc" if service.task_definition.fargate else service.task_definition.network_mode
    classic = entry["loadBalancerName"]
    if classic.given:
        if mode == "awsvpc":
            yield failed(
                classic,
                f"a Classic Load Balancer ({classic.text()}) with network mode awsvpc: services with tasks "
                "that use the awsvpc network mode only support Application and Network Load Balancers",
            )
        return
    green = entry["advancedConfiguration"]["alternateTargetGroupArn"].text()
    groups = [service.target_group(entry)]
    if green is not None:
        groups.append(service.graph.find(TargetGroup, green))
    wanted = "ip" if mode == "awsvpc" else "instance"
    for group in groups:
        if group.target_type != wanted:
            yield failed(
                group["TargetType"],
                f"The provided target group {group.label} has target type {group.target_type}, which is "
                f"incompatible with the {mode} network mode specified in the task definition: {wanted} is "
                "needed",
                place=group,
            )


@rule(
    "VAL-26",
    "Ports and volumes that a service names are in its task definition",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_SERVICE,
    remedy='give the port mapping the "name" that Service Connect uses, and the volume '
    '"configuredAtLaunch": true',
    anchors=(),
)
def names_of_the_task_definition(service: Service) -> Verdicts:
    ports = service["serviceConnectConfiguration"]["services"].items()
    ports += service["vpcLatticeConfigurations"].items()
    volumes = service["volumeConfigurations"].items()
    if not ports and not volumes:
        return ()
    where = (ports or volumes)[0]
    return examine(
        [*((port, _port) for port in ports), *((volume, _volume) for volume in volumes)],
        lambda pair: pair[1](service, pair[0]),
        clean=where,
    )


def _port(service: Service, node: Node) -> Iterator[Verdict]:
    name = node["portName"].text()
    known = {
        mapping["name"].text()
        for container in service.task_definition.containers
        for mapping in container["portMappings"].items()
    }
    if name is not None and name not in known:
        yield failed(
            node["portName"],
            f"portName({name}) does not refer to any named PortMapping in the container definitions",
        )


def _volume(service: Service, node: Node) -> Iterator[Verdict]:
    name = node["name"].text()
    known = [
        volume["name"].text()
        for volume in service.task_definition["volumes"].items()
        if volume["configuredAtLaunch"].flag()
    ]
    if name not in known:
        yield failed(
            node["name"],
            f"The volume name '{name}' in your request does not have a matching volume in your Task "
            "Definition that is configuredAtLaunch",
        )


@rule(
    "VAL-51",
    "A target group has a name and a port that Elastic Load Balancing takes",
    on=TargetGroup,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
    remedy='use up to 32 letters, digits and hyphens, no hyphen first or last; give "Protocol", "Port" '
    'and "VpcId"',
    anchors=(),
)
def group(group: TargetGroup) -> Verdicts:
    if group["TargetType"].text() == "lambda":
        return ()
    return examine(
        (_group_name, _group_port), lambda check: check(group), clean=group["TargetType"]
    )


def _group_name(group: TargetGroup) -> Iterator[Verdict]:
    node = group["Name"]
    name = node.text()
    if name and "${" not in name and not _GROUP_NAME.fullmatch(name):
        yield failed(
            node,
            f"Name is {name[:64]!r}: a maximum of 32 alphanumeric characters or hyphens, which must not "
            "begin or end with a hyphen",
        )


def _group_port(group: TargetGroup) -> Iterator[Verdict]:
    if group.described:
        return
    for field in ("Protocol", "Port", "VpcId"):
        if not group[field].given:
            yield failed(group[field], f"{field} is not given: it is required for targets in a VPC")
