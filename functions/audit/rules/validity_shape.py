"""VAL: fields and types that the API does not have, as boto3 and the AWS CLI find them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from audit.model import api_shape
from audit.model.api_shape import Problem
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, rule

# Whoever has more should look at the first ones.
_MOST = 20


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
    return examine([task], _problems, clean=task["family"])


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
    return examine([service], _problems, clean=service["serviceName"])


def _problems(resource: TaskDefinition | Service) -> Iterator[Verdict]:
    for problem in islice(api_shape.problems(resource, resource.kind), _MOST):
        yield failed(problem.node, _message(problem), severity=_severity(problem))


def _message(problem: Problem) -> str:
    if problem.likely:
        return f"{problem.message}; {problem.likely} is probably meant"
    if problem.kind == "unknown":
        return (
            f"{problem.message} (botocore {api_shape.version()}); boto3 and the AWS CLI refuse it"
        )
    return problem.message


def _severity(problem: Problem) -> Severity:
    # A field that resembles no other may be newer than our copy of the API.
    newer = problem.kind == "unknown" and not problem.likely
    return Severity.MEDIUM if newer else Severity.ERROR
