"""VAL: numbers, names and roles of a service that CreateService refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.node import Node, Unknown
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, put, rule

_PAGE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
# API reference, AwsVpcConfiguration: 16 subnets, 5 security groups. CreateService: "You can specify a maximum
# of 10 constraints for each task", "a maximum of 5 strategy rules". Developer guide, "Registering multiple
# target groups with a service": five.
_MOST = {
    ("networkConfiguration", "awsvpcConfiguration", "subnets"): 16,
    ("networkConfiguration", "awsvpcConfiguration", "securityGroups"): 5,
    ("placementConstraints",): 10,
    ("placementStrategy",): 5,
    ("loadBalancers",): 5,
}
_LONGEST_BAKE_MIN = 1440
_BINPACK = frozenset({"cpu", "memory"})


@rule(
    "VAL-39",
    "Names and numbers of a service are within their limits",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy="correct the field",
    anchors=(),
)
def limits(service: Service) -> Verdicts:
    if service.described:
        return ()
    checks = (_name, _count, _bake_time, _lists, _placement)
    return examine(checks, lambda check: check(service), clean=service["serviceName"])


def _name(service: Service) -> Iterator[Verdict]:
    node = service["serviceName"]
    name = node.text()
    if name and any(mark in name for mark in ("{{", "${", "<")):
        raise Unknown(f"{node} has parts that another tool fills in", node.path)
    if name and not _NAME.fullmatch(name):
        yield failed(
            node,
            f"serviceName is {name[:60]!r}: up to 255 letters (uppercase and lowercase), numbers, "
            "underscores, and hyphens are allowed",
        )


def _count(service: Service) -> Iterator[Verdict]:
    node = service["desiredCount"]
    count = node.whole()
    if count is not None and count < 0:
        yield failed(node, f"desiredCount is {count}: desiredCount cannot be less than 0")


def _bake_time(service: Service) -> Iterator[Verdict]:
    node = service["deploymentConfiguration"]["bakeTimeInMinutes"]
    minutes = node.whole()
    if minutes is not None and not 0 <= minutes <= _LONGEST_BAKE_MIN:
        yield failed(
            node, f"bakeTimeInMinutes is {minutes}: it must be from 0 to {_LONGEST_BAKE_MIN}"
        )


def _lists(service: Service) -> Iterator[Verdict]:
    for path, most in _MOST.items():
        node: Node = service
        for part in path:
            node = node[part]
        count = len(node.items())
        if count > most:
            yield failed(node, f"{count} {path[-1]}, {most} are the most")


def _placement(service: Service) -> Iterator[Verdict]:
    for strategy in service["placementStrategy"].items():
        field = strategy["field"]
        if strategy["type"].text() == "binpack" and (field.text() or "").lower() not in _BINPACK:
            said = field.text() or "nothing"
            yield failed(field, f"binpack by {said}: cpu and memory are possible")
    for constraint in service["placementConstraints"].items():
        node = constraint["expression"]
        if constraint["type"].text() == "memberOf" and not node.in_use:
            yield failed(node, "memberOf needs an expression")


@rule(
    "VAL-40",
    "A service with ECS Exec has a task role, and leaves its own role to ECS with awsvpc",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='set "taskRoleArn" of the task definition; remove "role": the service-linked role does its work',
    anchors=(),
)
def roles(service: Service) -> Verdicts:
    if service.described or not (service["enableExecuteCommand"].flag() or service["role"].given):
        return ()
    checks = (_of_exec, _of_service)
    return examine(checks, lambda check: check(service), clean=service["serviceName"])


def _of_exec(service: Service) -> Iterator[Verdict]:
    task = service.task_definition
    if service["enableExecuteCommand"].flag() and not task["taskRoleArn"].in_use:
        yield failed(
            service["enableExecuteCommand"],
            f"enableExecuteCommand is true and {task.label} has no task role: The service couldn't be "
            "created because a valid taskRoleArn is not being used",
        )


def _of_service(service: Service) -> Iterator[Verdict]:
    if service["role"].in_use and service.task_definition.network_mode == "awsvpc":
        yield failed(
            service["role"],
            "role is given and the tasks use awsvpc: You cannot specify an IAM role for services that "
            "require a service linked role",
            drop(service["role"]),
        )


@rule(
    "VAL-41",
    "Only tasks on Fargate get public addresses from ECS",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PAGE,
    remedy='set "assignPublicIp" to "DISABLED"',
    anchors=(),
)
def public_addresses(service: Service) -> Verdicts:
    node = service.network["assignPublicIp"]
    if service.described or not node.given:
        return ()
    return examine([service], _on_instances, clean=node)


def _on_instances(service: Service) -> Iterator[Verdict]:
    node = service.network["assignPublicIp"]
    if node.text() == "ENABLED" and service["launchType"].text() == "EC2":
        yield failed(
            node,
            "assignPublicIp is ENABLED with launchType EC2: Assign public IP is not supported for this "
            "launch type",
            put(node, "DISABLED"),
        )
