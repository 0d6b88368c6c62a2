"""Scenario 21: whoever is silent is not waited for, and nothing is done about what was not read."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed

BROKEN = App.without_secret(SECRET)


@pytest.fixture
def guard(operate):
    """A proven version, and one that is watched for an alarm."""
    guard = Observed(operate([web()], latency_s=0.03))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake_alarms="errors", release_group="shop", group_rollback="alert")
    guard.release(image="app:2", seconds=120)
    return guard


def silence(guard, operation):
    """It takes the requests and gives no answer."""
    guard.account.faults.add(CallFault("timeout-after", operation=operation))
    guard.account.recycle()


def told(alert):
    """All that a reader sees of it."""
    return f"{alert['summary']} {alert['evidence']}"


@pytest.mark.parametrize(
    ("operation", "note"),
    [
        ("GetParameter", "could not be read: the kill switch"),
        ("GetResources", "the other services of release group shop could not be found"),
        ("DescribeServiceRevisions", "could not be read: DescribeServiceRevisions"),
        ("DescribeTaskDefinition", "could not be read: task definition web:3"),
    ],
)
def test_s21_the_alert_waits_for_no_silent_source(guard, operation, note):
    silence(guard, operation)
    guard.release(app=BROKEN, image="app:3", seconds=120)
    alert = guard.alerts()[0]
    assert alert["title"] == "prod/web: web:3 failed, a secret does not exist"
    assert note in told(alert)
    assert guard.took_s() < 10


@pytest.mark.parametrize("operation", ["GetParameter", "DescribeServiceRevisions"])
def test_s21_nothing_is_done_before_it_answers_again(guard, operation):
    silence(guard, operation)
    guard.release(app=BROKEN, image="app:3", seconds=300)
    assert guard.stages() == ["failed"]
    assert guard.writes() == []
    guard.account.faults.clear()
    guard.account.run_for(400)
    assert guard.writes() == ["StopServiceDeployment"]
    assert guard.ledger().bad(guard.ledger().deployments[0].target)
    assert guard.stages()[-1] == "rolled-back"
