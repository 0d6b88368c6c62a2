"""Scenario 12: the watch after COMPLETED, with alarms and one-shot schedules; hooks that wait."""

from __future__ import annotations

import pytest

from deploy_guard.actions import UpdateService
from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed, observed

SOON = 120


@pytest.fixture
def guard(operate):
    """A service with a bake alarm; a first version that is proven good."""
    guard = observed(operate)
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake="15m", bake_alarms="errors")
    return guard


def alarm(guard, state):
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue=state, StateReason="5 errors in a minute"
    )


def completed(guard):
    """A release that is COMPLETED; the watch has begun."""
    arn = guard.release(image="app:2", seconds=SOON)
    assert guard.ledger().deployments[0].bake is not None
    return arn


def test_s12_an_alarm_in_the_bake_time_goes_back_by_the_task_definition_alone(guard):
    completed(guard)
    guard.account.run_for(360)
    alarm(guard, "ALARM")
    guard.account.run_for(5)
    (order,) = guard.orders()
    assert isinstance(order.action, UpdateService)
    assert order.action.task_definition.endswith("web:1")
    (alert,) = guard.alerts()
    assert alert["title"] == "prod/web: web:2 got worse, alarm errors went off"


def test_s12_an_alarm_that_was_on_before_says_nothing_about_this_version(guard):
    alarm(guard, "ALARM")
    completed(guard)
    guard.account.run_for(1800)
    assert guard.alerts() == []
    assert guard.orders() == []


def test_s12_an_alarm_after_the_watch_is_told_and_nothing_is_done(guard):
    completed(guard)
    guard.account.run_for(960)
    alarm(guard, "ALARM")
    guard.account.run_for(60)
    assert guard.stages() == ["late-alarm"]
    assert guard.orders() == []


def test_s12_a_newer_deployment_ends_the_watch(guard):
    completed(guard)
    guard.release(seconds=20)
    alarm(guard, "ALARM")
    guard.account.run_for(20)
    assert guard.orders() == []
    assert guard.ledger().deployments[1].bake.cancelled


def test_a_version_that_survives_its_watch_is_proven_good(guard):
    completed(guard)
    assert guard.ledger().good() == ()
    guard.account.run_for(900)
    assert [one.version.name for one in guard.ledger().good()] == ["web:2"]
    # Told on time by a schedule of its own, which is gone with it.
    assert guard.account.client("scheduler").list_schedules()["Schedules"] == []


def test_s14_what_was_proven_good_is_gone_back_to_and_not_what_ran_before(guard):
    """2 is good, 3 is bad, 4 fails."""
    completed(guard)
    guard.account.run_for(900)
    guard.release(image="app:3", app=App.without_secret(SECRET), seconds=100)
    guard.release(image="app:4", seconds=SOON)
    guard.world.trace.clear()
    alarm(guard, "ALARM")
    guard.account.run_for(5)
    (order,) = guard.orders()
    assert order.target.name == "web:2"


def test_a_known_bad_version_is_told_when_it_is_deployed_again(guard):
    bad = guard.release(app=App.without_secret(SECRET), seconds=60)
    guard.release(seconds=SOON)
    guard.world.trace.clear()
    guard.ecs.update_service(cluster="prod", service="web", taskDefinition=bad)
    guard.account.run_for(5)
    # What became of the one before may be told as late as this.
    (alert,) = [one for one in guard.alerts() if one["stage"] == "known-bad"]
    assert "It failed on 5 Jan 2026: a secret does not exist (SECRET_MISSING)" in alert["summary"]


def test_s15_a_deployment_that_waits_for_a_person_is_told_once_with_both_answers(operate):
    guard = observed(operate)
    hook = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}
    guard.ecs.update_service(
        cluster="prod", service="web", deploymentConfiguration={"lifecycleHooks": [hook]}
    )
    guard.account.run_for(300)
    guard.release(seconds=300)
    (alert,) = [one for one in guard.alerts() if one["stage"].startswith("hook-")]
    assert "waits for an answer until" in alert["title"]
    commands = [step["command"] for step in alert["next_steps"] if "command" in step]
    assert [one.rpartition("--action ")[2].split()[0] for one in commands[:2]] == [
        "CONTINUE",
        "ROLLBACK",
    ]


def test_a_version_that_completes_and_then_dies_again_and_again_goes_back(operate):
    guard = Observed(operate([web()]))
    guard.tag(rollback="auto")
    guard.release(app=App.out_of_memory(after_s=60), seconds=400)
    assert guard.writes() == ["UpdateService"]
    first = guard.alerts()[0]
    assert first["title"] == "prod/web: web:2 failed, out of memory"
    assert guard.stages()[-1] == "rolled-back"
    assert [row.state for row in reversed(guard.audit())] == ["ATTEMPT", "REQUESTED"]
