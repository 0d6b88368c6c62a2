"""Scenario 12: an alarm of the watch can be acted on while it goes on, and never when it comes back."""

from __future__ import annotations

import pytest

from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import Observed

MINUTE = 60


@pytest.fixture
def guard(operate):
    """A proven version, and a newer one that has been watched for three minutes of its fifteen."""
    guard = Observed(operate([web()]))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake="15m", bake_alarms="errors")
    guard.release(image="app:2", seconds=18 * MINUTE)
    guard.release(image="app:3", seconds=200)
    guard.world.trace.clear()
    return guard


def alarm(guard, state, *, seconds=MINUTE):
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue=state, StateReason="5 errors in a minute"
    )
    guard.account.run_for(seconds)


def goes_off_for_a_moment(guard):
    """It is OK again before the executor looks."""

    def over():
        guard.account.client("cloudwatch").set_alarm_state(
            AlarmName="errors", StateValue="OK", StateReason="no errors"
        )

    guard.account.ecs.just_before("DescribeTaskDefinition", over)
    alarm(guard, "ALARM")


def told(guard, stage):
    (alert,) = [one for one in guard.alerts() if one["stage"] == stage]
    return f"{alert['title']}\n{alert['summary']}"


def test_s12_what_came_and_went_moves_nothing_when_it_comes_back_after_the_watch(guard):
    goes_off_for_a_moment(guard)
    assert guard.writes() == []
    assert "rolls back to web:2 if it holds" in told(guard, "bake-alarm")
    assert "went off while the version was watched, and is over" in told(
        guard, "acted-REFUSED-failed"
    )
    orders = len(guard.orders())
    guard.account.run_for(20 * MINUTE)
    assert len(guard.orders()) == orders
    assert "web:3 stays, alarm errors is over" in told(guard, "alarm-over")
    alarm(guard, "ALARM", seconds=10 * MINUTE)
    assert guard.writes() == []
    assert len(guard.orders()) == orders
    assert "no rollback by itself any more" in told(guard, "late-alarm")


def test_s12_what_goes_off_again_within_the_watch_is_acted_on(guard):
    goes_off_for_a_moment(guard)
    alarm(guard, "ALARM", seconds=3 * MINUTE)
    assert guard.writes() == ["UpdateService"]
    assert guard.stages()[-1] == "rolled-back"


@pytest.mark.parametrize(("goes_on", "writes"), [(True, ["UpdateService"]), (False, [])])
def test_s18_after_a_freeze_it_counts_only_if_it_has_gone_on_all_the_time(guard, goes_on, writes):
    guard.tag(freeze="on")
    alarm(guard, "ALARM")
    if not goes_on:
        alarm(guard, "OK")
    guard.account.run_for(20 * MINUTE)
    if not goes_on:
        alarm(guard, "ALARM")
    assert guard.writes() == []
    guard.tag(freeze="off")
    guard.account.run_for(10 * MINUTE)
    assert guard.writes() == writes
