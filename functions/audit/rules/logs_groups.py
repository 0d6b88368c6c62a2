"""LOG: the groups in CloudWatch Logs that containers write to."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import policy
from audit.model.node import Node, Unknown
from audit.model.resource import short_name
from audit.model.service import Service
from audit.model.surroundings import LogGroup, Role
from audit.model.task_definition import Container
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    failed,
    passed,
    put,
    rule,
    unknown,
)

_GROUPS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"
_DRIVER = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"
_CREATE = "logs:CreateLogGroup"
# Developer guide, "Amazon ECS task execution IAM role": this is the role that has the managed policy
# AmazonECSTaskExecutionRolePolicy and nothing else, which does not allow logs:CreateLogGroup.
_USUAL_ROLE = "ecstaskexecutionrole"
_RETENTION_DAYS = 30


@rule(
    "LOG-03",
    "Log groups exist and do not keep everything for ever",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_GROUPS,
    remedy='create the log group beside the task, with "retentionInDays"; leave "awslogs-create-group" out',
    anchors=(),
)
def log_group(container: Container) -> Verdicts:
    node = container.log_options["awslogs-group"]
    name = node.text() if container.log_driver == "awslogs" else None
    if name is None:
        return
    create = container.log_options["awslogs-create-group"]
    _same_region(container)
    try:
        group = container.task_definition.graph.get(LogGroup, name)
    except Unknown:
        if not create.flag():
            raise
        # Whether or not it is there: who lets the driver make it has no other place that says how long.
        yield failed(
            create,
            f"awslogs-create-group of {container.label} makes {name} when it is missing, and a group that is "
            "made this way never expires",
            severity=Severity.LOW,
        )
        return
    yield _judged(container, group, node, create)


def _same_region(container: Container) -> None:
    """Groups are read in the Region of the task definition; of those elsewhere nobody can tell."""
    region = container.log_options["awslogs-region"]
    parts = container.task_definition.arn.split(":")
    if len(parts) > 3 and region.text() not in (None, parts[3]):
        raise Unknown(f"log groups of {region.text()} were not read", region.path)


def _judged(container: Container, group: LogGroup | None, node: Node, create: Node) -> Verdict:
    if group is not None:
        days = group["retentionInDays"]
        if days.whole():
            return passed(node, f"kept for {days.whole()} days")
        return failed(
            days,
            f"log group {group.label} of {container.label} has no retentionInDays: it keeps "
            "everything for ever",
            put(days, _RETENTION_DAYS),
            place=group,
        )
    if create.flag():
        return failed(
            create,
            f"log group {node.text()} of {container.label} does not exist: awslogs-create-group "
            "makes it, and a "
            "group that is made this way never expires",
        )
    return failed(
        node,
        f"log group {node.text()} of {container.label} does not exist and awslogs-create-group is "
        "not set: no "
        "task starts",
        severity=Severity.ERROR,
    )


@rule(
    "LOG-04",
    "Whoever lets the driver create the log group allows it",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.RESILIENCE,
    source=_DRIVER,
    remedy='create the log group beside the task and leave "awslogs-create-group" out, or allow '
    "logs:CreateLogGroup in the execution role",
    anchors=(),
)
def may_create_group(container: Container) -> Verdicts:
    create, task = container.log_options["awslogs-create-group"], container.task_definition
    if container.log_driver != "awslogs" or not create.flag():
        return
    arn = task["executionRoleArn"].text()
    if arn is None:
        return  # VAL-05 says so where one is needed
    if not task.fargate:
        yield unknown(create, "on EC2 the role of the instance creates the log group")
        return
    name = short_name(arn)
    try:
        allowed = policy.allows(task.graph.find(Role, arn), _CREATE)
    except Unknown:
        if name.lower() != _USUAL_ROLE:
            raise
        yield failed(
            create,
            f"{container.label} creates its log group with role {name}: what that role usually has "
            f"(AmazonECSTaskExecutionRolePolicy) does not allow {_CREATE}, and no task starts",
            severity=Severity.MEDIUM,
        )
        return
    if allowed:
        yield passed(create)
    else:
        yield failed(
            create,
            f"{container.label} creates its log group with role {name}, which may not {_CREATE}: "
            "no task starts",
        )


@rule(
    "LOG-05",
    "Every service has log groups of its own, in its region",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_GROUPS,
    remedy='give each service an "awslogs-group" of its own, and set "awslogs-region" to the '
    "service's region",
    anchors=(),
)
def own_log_group(service: Service) -> Verdicts:
    groups = _groups(service)
    if not groups:
        return
    wrong = [*_elsewhere(service, groups), *_shared(service, groups)]
    yield from wrong
    if not wrong:
        # Only who knows every service can say that none shares a group.
        service.graph.every(Service)
        yield passed(service["taskDefinition"])


def _groups(service: Service) -> dict[str, Container]:
    containers = service.task_definition.containers
    named = ((each.log_options["awslogs-group"].text(), each) for each in containers)
    return {name: each for name, each in named if name}


def _elsewhere(service: Service, groups: dict[str, Container]) -> Iterator[Verdict]:
    parts = (service["serviceArn"].text() or "").split(":")
    region = parts[3] if len(parts) > 3 else None
    for container in groups.values():
        node = container.log_options["awslogs-region"]
        if region and node.text() not in (None, region):
            yield failed(
                node,
                f"{container.label} logs to {node.text()}, but {service.label} runs in {region}: "
                "whoever looks "
                "for its logs looks there",
                place=service.task_definition,
            )


def _shared(service: Service, groups: dict[str, Container]) -> Iterator[Verdict]:
    for other in service.graph.all(Service):
        if other is service:
            return  # those that come later say it of themselves
        try:
            common = sorted(groups.keys() & _groups(other).keys())
        except Unknown:
            continue  # another service's rule says what is unknown of it
        if common:
            container = groups[common[0]]
            yield failed(
                container.log_options["awslogs-group"],
                f"{service.label} and {other.label} share log group {common[0]}: neither has a retention or "
                "an access of its own",
                place=service.task_definition,
            )
            return
