"""Scenario 22 from the observer's side: no alert, schedule or note that fails holds up a rollback."""

from __future__ import annotations

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.faults import CallFault
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.condemned import set_alarm
from tests.integration.deploy_guard.observed import SECRET, Observed

BROKEN = App.without_secret(SECRET)


@pytest.fixture
def guard(operate):
    guard = Observed(operate([web()]))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake_alarms="errors")
    return guard


def strike(guard, operation):
    """The observer's calls alone: the executor has a role, and a bus, of its own."""
    name = guard.world.stack.function("DeployGuardFunction").name
    guard.account.faults.add(CallFault("throttle", operation=operation, function=name))


def test_s22_without_the_bus_the_rollback_comes_and_is_told_when_the_bus_is_back(guard):
    strike(guard, "PutEvents")
    guard.release(app=BROKEN, seconds=400)
    assert guard.writes() == ["StopServiceDeployment"]
    assert guard.stages() == ["acted-REQUESTED"]
    guard.account.faults.clear()
    guard.account.run_for(200)
    stages = guard.stages()
    assert len(stages) == len(set(stages))
    assert stages[-1] == "rolled-back"
    assert SECRET in guard.alerts()[-1]["summary"]
    row = next(one for one in guard.ledger().deployments if not one.rolls_back)
    assert (row.outcome, "rolled-back" in row.told) == (Outcome.ROLLED_BACK, True)
    assert guard.ledger().counts[row.ecs_id] == stopped(guard)


def test_s22_without_schedules_a_bake_alarm_still_leads_back(guard):
    strike(guard, "CreateSchedule")
    guard.release(image="app:2", seconds=200)
    set_alarm(guard.world, "ALARM")
    guard.account.run_for(200)
    assert guard.writes() == ["UpdateService"]
    assert "rolled-back" in guard.stages()


def stopped(guard):
    """How many tasks of the failed version there were."""
    events = [entry["event"] for entry in guard.world.trace.select("event")]
    failed = {
        one["detail"]["taskArn"]
        for one in events
        if one["detail"].get("stopCode") == "TaskFailedToStart"
    }
    return len(failed)
