"""NET: who can reach a task, and through which namespace."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.service import Service
from audit.model.surroundings import SecurityGroup
from audit.model.task_definition import TaskDefinition
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    examine,
    failed,
    passed,
    rule,
)

_NETWORKING = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking.html"
_GROUPS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-network.html"
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})
_SEVERITIES = {"host": Severity.MEDIUM, "bridge": Severity.LOW, "none": Severity.INFO}


@rule(
    "NET-01",
    "Every task has a network interface of its own",
    on=TaskDefinition,
    severity=Severity.LOW,
    profile=Profile.SECURITY,
    source=_NETWORKING,
    remedy='set "networkMode" to "awsvpc": security groups and flow logs then work per task',
    anchors=("SecurityHub:ECS.17", "KICS:027a4b7a"),
)
def network_mode(task: TaskDefinition) -> Verdicts:
    node, mode = task["networkMode"], task.network_mode
    if task.fargate or task.windows or task.external:
        return
    severity = _SEVERITIES.get(mode)
    if severity is None:
        yield passed(node)
        return
    given = "" if node.given else " (the default)"
    yield failed(
        node,
        f"networkMode is {mode}{given}: tasks share the instance's security groups"
        + (" and see its whole network" if mode == "host" else ""),
        severity=severity,
    )


@rule(
    "NET-02",
    "Tasks have no public IP address",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
    remedy='set "assignPublicIp" to "DISABLED" and put the tasks into private subnets',
    anchors=(
        "SecurityHub:ECS.2",
        "SecurityHub:ECS.16",
        "Prowler:ecs_service_no_assign_public_ip",
        "Checkov:CKV_AWS_333",
    ),
)
def public_address(service: Service) -> Verdicts:
    networks = [service["networkConfiguration"]]
    networks += [each["networkConfiguration"] for each in service["taskSets"].items()]
    for network in networks:
        node = network["awsvpcConfiguration"]["assignPublicIp"]
        if not network["awsvpcConfiguration"].given:
            continue
        if node.text() == "ENABLED":
            yield failed(
                node,
                f"assignPublicIp is ENABLED: every task of {service.label} has an address on the internet",
            )
        else:
            yield passed(node)


@rule(
    "NET-03",
    "Load balancer and tasks have security groups of their own",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source=_GROUPS,
    remedy="give the load balancer and the tasks a group each; let the tasks' group admit the load "
    "balancer's group on the container port only",
    anchors=(),
)
def groups_of_their_own(service: Service) -> Verdicts:
    own = set(service.network["securityGroups"].texts())
    if not own or not service.load_balancers:
        return
    for balancer in dict.fromkeys(each for *_, each in service.routes):
        if not balancer["SecurityGroups"].given:
            continue  # a Network Load Balancer may have none
        shared = sorted(own & set(balancer["SecurityGroups"].texts()))
        node = service.network["securityGroups"]
        if shared:
            yield failed(
                node,
                f"{', '.join(shared)} is the group of {balancer.label} as well as of the tasks: whoever "
                "reaches the load balancer's ports reaches the same ports of the tasks",
            )
        else:
            yield passed(node)


@rule(
    "NET-04",
    "The container port is not open to everybody",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.SECURITY,
    source=_GROUPS,
    remedy="let the tasks' security group admit the load balancer's group (\"UserIdGroupPairs\"), not an "
    "address range of everybody",
    anchors=(),
)
def open_to_everybody(service: Service) -> Verdicts:
    ports = [
        port
        for entry in service.load_balancers
        if (port := entry["containerPort"].whole()) is not None
    ]
    if not ports or not service.network["securityGroups"].texts():
        return ()
    return examine(
        service.security_groups,
        lambda group: _open(group, ports),
        clean=service.network["securityGroups"],
    )


def _open(group: SecurityGroup, ports: list[int]) -> Iterator[Verdict]:
    for permission in group["IpPermissions"].items():
        everybody = sorted(_EVERYBODY & set(_ranges(permission)))
        reached = [port for port in ports if admits(permission, port)]
        if everybody and reached:
            yield failed(
                permission,
                f"{group.label} admits {everybody[0]} on port {reached[0]}: the way around the load "
                "balancer is open",
                place=group,
            )


def _ranges(permission: Node) -> list[str]:
    found = [each["CidrIp"].text() for each in permission["IpRanges"].items()]
    found += [each["CidrIpv6"].text() for each in permission["Ipv6Ranges"].items()]
    return [text for text in found if text]


def admits(permission: Node, port: int) -> bool:
    """Does an ingress permission cover a TCP port? ``-1`` is every protocol and port."""
    protocol = permission["IpProtocol"].text()
    if protocol == "-1":
        return True
    first, last = permission["FromPort"].whole(), permission["ToPort"].whole()
    return (
        protocol in ("tcp", "6")
        and first is not None
        and last is not None
        and first <= port <= last
    )
