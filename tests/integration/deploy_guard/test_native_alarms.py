"""A deployment that watches alarms itself: ECS goes first, the guard where it does nothing (facts, 2.2)."""

from __future__ import annotations

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed
from tests.integration.deploy_guard.test_any_order import newest, states

WATCHED = {"deployment_alarms": {"names": ["errors"]}}


def watched(operate) -> Observed:
    guard = Observed(operate([web(**WATCHED)]))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto")
    guard.account.run_for(600)  # ECS watches the first deployment's alarms as well
    return guard


def test_s19_an_alarm_that_the_deployment_watches_is_left_to_ecs(operate):
    guard = watched(operate)
    guard.release(seconds=20)
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue="ALARM", StateReason="too many"
    )
    guard.account.run_for(900)
    assert guard.writes() == []
    assert newest(guard).outcome is Outcome.ROLLED_BACK


def test_s19_where_the_alarms_see_nothing_the_guard_acts_after_fifteen_minutes(operate):
    guard = watched(operate)
    began = guard.account.clock.now()
    guard.release(app=App.without_secret(SECRET), seconds=600)
    assert guard.writes() == []
    guard.account.run_for(900)
    assert guard.writes() == ["StopServiceDeployment"]
    assert states(guard) == ["ATTEMPT", "REQUESTED"]
    (attempt, _) = reversed(guard.audit())
    assert attempt.at - began >= 900
