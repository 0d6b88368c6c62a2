"""The process may die after any call: nothing is lost, and SNS alone may repeat."""

from __future__ import annotations

import pytest

from sandbox.faults import CallFault
from tests.integration.alerts.conftest import TO_BOTH_AND_MAIL

OPERATIONS = [
    ("ssm", "GetParameter"),
    ("secretsmanager", "GetSecretValue"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "Query"),
    ("dynamodb", "UpdateItem"),
    ("sns", "Publish"),
    ("sqs", "SendMessageBatch"),
]
KINDS = ["crash-after", "throttle", "error", "timeout-before", "timeout-after"]


def story(world):
    world.publish(stage="1", title="one")
    world.run(30)
    world.publish(stage="2", title="two")
    world.run(5)
    world.publish(stage="3", title="three", state="resolved")
    world.run(3000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@pytest.mark.parametrize("nth", [1, 2])
def test_one_fault_anywhere(alerting, service, operation, kind, nth):
    world = alerting(TO_BOTH_AND_MAIL, faults=[CallFault(kind, service, operation, nth=nth)])
    story(world)

    (root,) = world.slack.threads()
    assert root.text == "[resolved] three"
    keys = [m.metadata["event_payload"]["key"] for m in world.slack.messages]
    assert len(keys) == len(set(keys))
    assert list(world.hook.documents.values())[-1]["alert"]["title"] == "three"
    subjects = [mail["Subject"] for mail in world.mails()]
    assert subjects[-1] == "[resolved] three"
    assert len(subjects) <= 4
    assert world.dead() == []


@pytest.mark.parametrize("nth", range(1, 14))
def test_a_crash_after_the_nth_write(alerting, nth):
    world = alerting(
        TO_BOTH_AND_MAIL, faults=[CallFault("crash-after", "dynamodb", "PutItem", nth=nth)]
    )
    story(world)

    (root,) = world.slack.threads()
    assert root.text == "[resolved] three"
    keys = [m.metadata["event_payload"]["key"] for m in world.slack.messages]
    assert len(keys) == len(set(keys))
    assert len(world.mails()) <= 4
