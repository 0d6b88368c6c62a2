"""The process may die after any call: nothing is lost, and SNS alone may repeat."""

from __future__ import annotations

import pytest

from sandbox.faults import CallFault
from tests.integration.alerts.conftest import TO_BOTH_AND_MAIL, TO_SLACK

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


@pytest.mark.parametrize(
    ("kind", "operation", "nth"),
    [
        *(("crash-after", "PutItem", nth) for nth in (35, 60, 61, 75, 79, 80)),
        *((kind, "SendMessageBatch", 1) for kind in KINDS),
        ("error", "SendMessageBatch", None),
    ],
)
def test_23_a_fault_while_a_summary_is_gathered_leaves_nobody_out(alerting, kind, operation, nth):
    service = "sqs" if operation == "SendMessageBatch" else "dynamodb"
    world = alerting(TO_SLACK, faults=[CallFault(kind, service, operation, nth=nth)])
    for number in range(30):
        world.publish(incident=f"guard/s{number}", service=f"s{number}", title=f"s{number} fails")
    world.run(100)
    world.account.faults.clear()
    world.run(3000)

    (summary,) = [title for title in world.titles() if "more incidents at once" in title]
    assert summary == "[warning] prod: 20 more incidents at once, 20 open"
    assert len(world.titles()) == 11
    assert world.dead() == []


def test_23_a_summary_is_asked_to_be_told_once_however_many_it_gathers(alerting):
    world = alerting(TO_SLACK)
    for number in range(30):
        world.publish(incident=f"guard/s{number}", service=f"s{number}")
    world.run(3)
    assert len(world.calls("SendMessageBatch")) <= 3
