"""NET: can a task in a private subnet reach what it needs to start?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import images
from audit.model.node import Unknown
from audit.model.service import Service
from audit.model.surroundings import Endpoint, Subnet
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule

_WAYS_OUT = ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId")


@rule(
    "NET-06",
    "Tasks in subnets without a way out have the VPC endpoints they need",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    remedy="make the endpoints ecr.api, ecr.dkr, logs (interface) and s3 (gateway), or a route to a NAT "
    "gateway",
    anchors=(),
)
def endpoints(service: Service) -> Verdicts:
    if service.task_definition.network_mode != "awsvpc":
        return
    node = service.network["subnets"]
    closed = [subnet for subnet in service.subnets if not _has_way_out(subnet)]
    if not closed:
        yield passed(node)
        return
    vpc = closed[0]["VpcId"].text()
    known = {
        (endpoint["ServiceName"].text() or "").partition("amazonaws.")[2].partition(".")[2]
        for endpoint in service.graph.every(Endpoint)
        if endpoint["VpcId"].text() == vpc
    }
    missing = sorted(set(_needed(service)) - known)
    if not missing:
        yield passed(node)
    else:
        yield failed(
            node,
            f"{closed[0].label} has no way out, and {vpc} has no endpoint for {', '.join(missing)}: no "
            "task starts there",
        )


def _has_way_out(subnet: Subnet) -> bool:
    if not subnet["Routes"].given:
        raise Unknown(f"the routes of {subnet.label} were not read")
    return any(
        route["DestinationCidrBlock"].text() == "0.0.0.0/0"
        and any(route[field].given for field in _WAYS_OUT)
        for route in subnet["Routes"].items()
    )


def _needed(service: Service) -> Iterator[str]:
    task = service.task_definition
    if any(images.is_private_ecr(container.image) for container in task.containers):
        yield from ("ecr.api", "ecr.dkr", "s3")
    if any(container.log_driver == "awslogs" for container in task.containers):
        yield "logs"
    if service["enableExecuteCommand"].flag():
        yield "ssmmessages"
    yield from _secret_stores(task)


def _secret_stores(task: TaskDefinition) -> Iterator[str]:
    for container in task.containers:
        for secret in container["secrets"].items():
            source = secret["valueFrom"].text() or ""
            yield "secretsmanager" if ":secretsmanager:" in source else "ssm"
