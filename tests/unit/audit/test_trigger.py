"""What a message asks to audit."""

import json
from pathlib import Path

import pytest

from audit.collect.scope import Scope
from audit.trigger import scope_of
from ecsops.errors import InvalidMessage

EVENTS = Path(__file__).parents[3] / "events"
A = "arn:aws:ecs:eu-west-1:123456789012"
WEB = (f"{A}:cluster/prod", f"{A}:service/prod/web")


def event(name, **detail):
    document = json.loads((EVENTS / f"{name}.json").read_text())
    document["detail"] |= detail
    return json.dumps(document)


SCHEDULED = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        (SCHEDULED, Scope()),
        (
            event("cloudtrail-register-task-definition"),
            Scope(task_definitions=(f"{A}:task-definition/web:8",)),
        ),
        (event("cloudtrail-create-service"), Scope(named=(WEB,))),
        (event("cloudtrail-update-service"), Scope(named=(WEB,))),
        (event("cloudtrail-put-scaling-policy"), Scope(named=(("prod", "web"),))),
        (event("cloudtrail-update-service", errorCode="AccessDenied"), None),
        (event("cloudtrail-run-task-failures"), None),
        (event("cloudtrail-put-scaling-policy", requestParameters={"resourceId": "table/x"}), None),
    ],
)
def test_what_is_audited(body, scope):
    assert scope_of(body) == scope


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("{", "$"),
        (json.dumps({"source": "x", "detail-type": "Something", "detail": {}}), "$.detail-type"),
        (
            event("cloudtrail-update-service", responseElements=None),
            "$.detail.responseElements.service.serviceArn",
        ),
        (
            event("cloudtrail-update-service", responseElements={"service": {"serviceArn": 7}}),
            "$.detail.responseElements.service.serviceArn",
        ),
        (
            event("cloudtrail-put-scaling-policy", requestParameters={"resourceId": "service/a"}),
            "$.detail.requestParameters.resourceId",
        ),
    ],
)
def test_what_is_not_understood_names_the_field(body, path):
    with pytest.raises(InvalidMessage) as raised:
        scope_of(body)
    assert raised.value.path == path


def test_many_changes_are_one_audit_and_everything_swallows_all():
    one, other = Scope(named=(WEB,)), Scope(task_definitions=("web:8",))
    assert one | other | one == Scope(named=(WEB,), task_definitions=("web:8",))
    assert one | Scope() == Scope()
