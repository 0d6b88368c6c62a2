"""VAL: fields and types that the API does not have, as boto3 and the AWS CLI find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from audit.model import api_shape
from audit.model.api_shape import Problem
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Fix, Profile, Severity, Verdict, Verdicts, examine, failed, put, rule

# Whoever has more should look at the first ones.
_MOST = 20
# VAL-01, VAL-06, VAL-08 and VAL-24 say more of these.
_JUDGED_ELSEWHERE = frozenset(
    {"networkMode", "logDriver", "condition", "minimumHealthyPercent", "maximumPercent"}
)


@rule(
    "VAL-20",
    "Every field exists in the API and has its type",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html",
    remedy="correct the field's name or type; numbers of containers are numbers, the task's \"cpu\" and "
    '"memory" and all values of "options" and "environment" are texts',
    anchors=("cfn-lint:E3002", "cfn-lint:E3012"),
)
def known_fields(task: TaskDefinition) -> Verdicts:
    # CloudFormation has a schema of its own and turns numbers and texts into each other.
    if task.source.logical_id:
        return ()
    return examine([task], _misnamed, clean=task["family"])


@rule(
    "VAL-27",
    "Every field of a service exists in the API and has its type",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
    remedy="correct the field's name or type",
    anchors=("cfn-lint:E3002", "cfn-lint:E3012"),
)
def known_service_fields(service: Service) -> Verdicts:
    if service.source.logical_id:
        return ()
    return examine([service], _misnamed, clean=service["serviceName"])


@rule(
    "VAL-33",
    "Every value is one that the API knows",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html",
    remedy="write one of the values of the set, as it is spelt there",
    anchors=("cfn-lint:E3030",),
)
def known_values(task: TaskDefinition) -> Verdicts:
    return examine([task], _out_of_place, clean=task["family"])


@rule(
    "VAL-34",
    "Every value of a service is one that the API knows",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
    remedy="write one of the values of the set, as it is spelt there, or a number of the range",
    anchors=("cfn-lint:E3030",),
)
def known_service_values(service: Service) -> Verdicts:
    return examine([service], _out_of_place, clean=service["serviceName"])


def _misnamed(resource: TaskDefinition | Service) -> Iterator[Verdict]:
    return _told(resource, lambda problem: problem.kind != "value")


def _out_of_place(resource: TaskDefinition | Service) -> Iterator[Verdict]:
    return _told(
        resource,
        lambda problem: problem.kind == "value" and problem.node.path[-1] not in _JUDGED_ELSEWHERE,
    )


def _told(
    resource: TaskDefinition | Service, wanted: Callable[[Problem], bool]
) -> Iterator[Verdict]:
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
