"""VAL: fields, types and values that the APIs do not have, as boto3, the AWS CLI and the API find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from audit.model import api_shape
from audit.model.api_shape import Problem
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unknown
from audit.model.resource import Resource
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Fix, Profile, Rule, Severity, Verdict, Verdicts, examine, failed, put, rule

# Whoever has more should look at the first ones.
_MOST = 20
_ECS = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
_SCALING = "https://docs.aws.amazon.com/autoscaling/application/APIReference"
_BALANCING = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference"


def _fields(id_: str, of: str, on: type[Resource], page: str, remedy: str) -> Rule:
    """Names, types and required fields. CloudFormation has a schema of its own for them."""

    def check(resource: Resource) -> Verdicts:
        if resource.source.logical_id:
            return ()
        return examine([resource], _misnamed, clean=resource[resource.named_by[-1]])

    return _rule(id_, f"Every field of {of} exists in the API and has its type", on, page, remedy)(
        check
    )


def _values(id_: str, of: str, on: type[Resource], page: str) -> Rule:
    """Sets of values, ranges of numbers, lengths."""

    def check(resource: Resource) -> Verdicts:
        return examine([resource], _out_of_place, clean=resource[resource.named_by[-1]])

    remedy = "write one of the values of the set, as it is spelt there, or a number of the range"
    return _rule(id_, f"Every value of {of} is one that the API takes", on, page, remedy)(check)


def _rule(
    id_: str, title: str, on: type[Resource], page: str, remedy: str
) -> Callable[[Callable[[Resource], Verdicts]], Rule]:
    names = title.startswith("Every field")
    return rule(
        id_,
        title,
        on=on,
        severity=Severity.ERROR,
        profile=Profile.VALIDITY,
        source=page,
        remedy=remedy,
        # Not cfn-lint's E3002 and E3012: those look at templates, which these leave to its schema.
        anchors=() if names else ("cfn-lint:E3030",),
    )


_NAME_OR_TYPE = "correct the field's name or type"
known_fields = _fields(
    "VAL-20",
    "a task definition",
    TaskDefinition,
    f"{_ECS}/API_RegisterTaskDefinition.html",
    f'{_NAME_OR_TYPE}; numbers of containers are numbers, the task\'s "cpu" and "memory" and all values '
    'of "options" and "environment" are texts',
)
known_values = _values(
    "VAL-33", "a task definition", TaskDefinition, f"{_ECS}/API_RegisterTaskDefinition.html"
)
known_service_fields = _fields(
    "VAL-27", "a service", Service, f"{_ECS}/API_CreateService.html", _NAME_OR_TYPE
)
known_service_values = _values("VAL-34", "a service", Service, f"{_ECS}/API_CreateService.html")
known_policy_fields = _fields(
    "VAL-42",
    "a scaling policy",
    ScalingPolicy,
    f"{_SCALING}/API_PutScalingPolicy.html",
    _NAME_OR_TYPE,
)
known_policy_values = _values(
    "VAL-43", "a scaling policy", ScalingPolicy, f"{_SCALING}/API_PutScalingPolicy.html"
)
known_target_fields = _fields(
    "VAL-44",
    "a scalable target",
    ScalableTarget,
    f"{_SCALING}/API_RegisterScalableTarget.html",
    _NAME_OR_TYPE,
)
known_target_values = _values(
    "VAL-45", "a scalable target", ScalableTarget, f"{_SCALING}/API_RegisterScalableTarget.html"
)
known_group_fields = _fields(
    "VAL-46",
    "a target group",
    TargetGroup,
    f"{_BALANCING}/API_CreateTargetGroup.html",
    _NAME_OR_TYPE,
)
known_group_values = _values(
    "VAL-47", "a target group", TargetGroup, f"{_BALANCING}/API_CreateTargetGroup.html"
)


def _misnamed(resource: Resource) -> Iterator[Verdict]:
    yield from _told(
        resource,
        lambda problem: problem.kind != "value" and not _named_elsewhere(resource, problem),
    )
    if isinstance(resource, Service) and _nameless(resource):
        raise Unknown("serviceName is not given: the tool that deploys it may keep it elsewhere")


def _named_elsewhere(resource: Resource, problem: Problem) -> bool:
    if problem.kind != "missing" or len(problem.node.path) > 1:
        return False
    if isinstance(resource, TargetGroup):
        # What exists has been taken, and is described under another name than it was created with.
        return resource.described
    return isinstance(resource, Service) and _nameless(resource)


def _nameless(service: Service) -> bool:
    # ecspresso keeps both in its own configuration.
    return not any(service[field].given for field in ("serviceName", "cluster", "clusterArn"))


def _out_of_place(resource: Resource) -> Iterator[Verdict]:
    return _told(
        resource, lambda problem: problem.kind == "value" and not _elsewhere(resource, problem)
    )


def _elsewhere(resource: Resource, problem: Problem) -> bool:
    """VAL-01, VAL-06, VAL-24 and VAL-30 say more of these."""
    path = problem.node.path
    if isinstance(resource, TaskDefinition):
        return path[0] in ("networkMode", "tags") or path[-1] == "logDriver"
    return path[-1] in ("minimumHealthyPercent", "maximumPercent")


def _told(resource: Resource, wanted: Callable[[Problem], bool]) -> Iterator[Verdict]:
    found = filter(wanted, api_shape.problems(resource, resource.kind))
    for problem in islice(found, _MOST):
        severity = Severity.MEDIUM if problem.newer else Severity.ERROR
        yield failed(problem.node, _message(problem), *_fixes(problem), severity=severity)


def _message(problem: Problem) -> str:
    if problem.likely:
        return f"{problem.message}; {problem.likely} is probably meant"
    if problem.kind == "unknown":
        return (
            f"{problem.message} (botocore {api_shape.version()}); boto3 and the AWS CLI refuse it"
        )
    return problem.message


def _fixes(problem: Problem) -> Iterator[Fix]:
    if problem.kind == "value" and problem.likely:
        yield put(problem.node, problem.likely)
