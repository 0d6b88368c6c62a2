"""What goes wrong with one service, one source or one alarm costs no other its alert."""

from __future__ import annotations

import pytest

from deploy_guard.ledger_store import Due, LedgerStore
from deploy_guard.model import Deployment, Ledger, Outcome, Version
from sandbox.ecs import App
from sandbox.faults import CallFault
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed, observed

BROKEN = App.without_secret(SECRET)


def neighbour(guard):
    """The ARN of a service of a cluster that has been deleted, and its ledger, still open."""
    arn = guard.service.replace("/prod/web", "/preview-17/api")
    now = guard.world.now
    row = Deployment(
        f"{arn.replace(':service/', ':service-deployment/')}/1",
        now - 60,
        Version(f"{arn.partition(':service/')[0]}:task-definition/api:2"),
        outcome=Outcome.FAILED,
        told=("failed",),
        failed_at=now - 30,
    )
    store = store_of(guard)
    assert store.save(store.read([arn])[arn], Ledger(arn, (row,)), Due(now), now)
    return arn


def store_of(guard):
    return LedgerStore(guard.account.client("dynamodb"), guard.world.stack.ref("DeployGuardTable"))


def stall(guard):
    """A release that only the sweep can see: it may neither stop nor start a task, and ECS is silent."""
    stuck = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    guard.ecs.update_service(cluster="prod", service="web", deploymentConfiguration=stuck)
    guard.release(seconds=1100)
    told = [alert["stage"] for alert in guard.alerts() if alert["service"] == "web"]
    assert told == ["stalled"]


def test_a_cluster_that_is_gone_ends_its_own_deployments_alone(operate):
    guard = observed(operate)
    arn = neighbour(guard)
    stall(guard)
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []
    assert "the service was deleted" in guard.alerts()[0]["title"]
    (row,) = store_of(guard).read([arn])[arn].ledger.deployments
    assert row.outcome is Outcome.SUPERSEDED
    assert arn not in store_of(guard).due(guard.world.now + 3600)


def test_a_ledger_that_nobody_understands_stops_no_other(operate):
    guard = observed(operate)
    arn = neighbour(guard)
    guard.account.client("dynamodb").update_item(
        TableName=guard.world.stack.ref("DeployGuardTable"),
        Key={"pk": {"S": f"ledger#{arn}"}},
        UpdateExpression="SET doc = :doc",
        ExpressionAttributeValues={":doc": {"S": '{"service": 7}'}},
    )
    stall(guard)
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []
    assert guard.world.metric("LooksFailed") > 10


@pytest.mark.parametrize("bake", ["10000000d", "9000000h", "soon"])
def test_a_bake_time_beyond_all_bounds_is_a_problem_of_the_tag(operate, bake):
    guard = observed(operate)
    guard.tag(rollback="auto", bake=bake)
    guard.release(seconds=200)
    row = guard.ledger().deployments[0]
    assert row.bake.ends_at - row.bake.began == 900
    guard.release(app=BROKEN, seconds=200)
    assert guard.stages() == ["failed"]
    assert "at most 7d" in str(guard.alerts()[0]["evidence"])


def test_s21_alarms_that_cannot_be_read_keep_no_alert_back(operate):
    guard = observed(operate)
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake_alarms="errors")
    guard.release(seconds=120)
    guard.account.faults.add(CallFault("throttle", operation="DescribeAlarms"))
    guard.release(app=BROKEN, seconds=120)
    assert guard.stages() == ["failed"]
    assert len(guard.orders()) == 1
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []


def test_s12_a_watch_stays_open_until_its_alarms_can_be_read(operate):
    guard = observed(operate)
    create_alarm(guard.account, "errors")
    guard.tag(bake_alarms="errors")
    guard.release(seconds=120)
    guard.account.faults.add(CallFault("throttle", operation="DescribeAlarms"))
    guard.account.run_for(1000)
    assert guard.ledger().good() == ()
    guard.account.faults.clear()
    guard.account.run_for(120)
    assert [one.version.name for one in guard.ledger().good()] == ["web:2"]


def test_s12_an_alarm_is_told_of_the_version_that_serves_and_not_of_the_one_before(operate):
    guard = Observed(operate([web()]))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake_alarms="errors")
    guard.release(image="app:2", seconds=1100)
    guard.release(image="app:3", seconds=200)
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue="ALARM", StateReason="5 errors in a minute"
    )
    guard.account.run_for(120)
    assert "late-alarm" not in guard.stages()
    assert len({alert["incident"] for alert in guard.alerts()}) == 1
    assert guard.writes() == ["UpdateService"]
