"""The executor acts between the observer's reading of the ledger and its reading of ECS."""

from __future__ import annotations

import pytest

from deploy_guard import order
from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.deploy_guard.halves import EXECUTOR
from tests.integration.deploy_guard.observed import observed


@pytest.fixture
def guard(operate):
    return observed(operate)


def act_between(guard):
    """Carry out the order that was given last, after the next look has read the acts, before it asks ECS."""
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": order.encode(guard.orders()[-1])}
    event = {"Records": [record | {"attributes": {"ApproximateReceiveCount": "1"}}]}

    def carry_out():
        answer = guard.account.invoke(EXECUTOR, event)
        assert answer.result == {"batchItemFailures": []}

    guard.account.ecs.just_before("DescribeServices", carry_out)
    for _ in range(20):
        if not guard.writes():
            guard.account.run_for(10)
    assert guard.writes() == ["UpdateService"]


def told_as_ours(guard):
    ours, failed = guard.ledger().deployments[:2]
    assert ours.rolls_back == failed.id
    assert (failed.outcome, failed.serving.name) == (Outcome.ROLLED_BACK, "web:1")
    assert guard.ledger().bad(failed.target)
    last = guard.alerts()[-1]
    assert last["title"].startswith("prod/web: rolled back, serving web:1")
    assert len({one["incident"] for one in guard.alerts()}) == 1
    assert guard.writes() == ["UpdateService"]


def test_s01_a_rollback_that_begins_between_two_reads_is_told_and_is_nobody_elses(guard):
    guard.tag(rollback="auto", deployment_news="all")
    # Its tasks run, and die one after the other once ECS calls it completed.
    guard.release(app=App.out_of_memory(after_s=60), seconds=60)
    while not guard.orders():
        guard.account.run_for(1)
    act_between(guard)
    guard.account.run_for(400)
    told_as_ours(guard)
    assert "superseded" not in guard.stages()


def test_s12_a_rollback_for_an_alarm_that_begins_between_two_reads_is_told(guard):
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake_alarms="errors")
    guard.release(image="app:2", seconds=120)
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue="ALARM", StateReason="5 errors in a minute"
    )
    while not guard.orders():
        guard.account.run_for(1)
    act_between(guard)
    guard.account.run_for(400)
    told_as_ours(guard)
