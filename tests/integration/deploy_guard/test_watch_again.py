"""A version whose watch was cut short is watched again when it serves again."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import SECRET, Observed

MINUTE = 60


@pytest.fixture
def guard(operate):
    """web:2 is proven; web:3 completed, and web:4 failed within its watch: web:3 serves again."""
    guard = Observed(operate([web()]))
    create_alarm(guard.account, "errors")
    guard.tag(rollback="auto", bake="5m", bake_alarms="errors")
    guard.release(image="app:2", seconds=8 * MINUTE)
    guard.release(image="app:3", seconds=2 * MINUTE)
    guard.release(image="app:4", app=App.without_secret(SECRET), seconds=4 * MINUTE)
    assert names(guard) == ["web:2"]
    guard.world.trace.clear()
    return guard


def names(guard):
    return [one.version.name for one in guard.ledger().good()]


def alarm(guard, state, *, seconds=MINUTE):
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue=state, StateReason="5 errors in a minute"
    )
    guard.account.run_for(seconds)


def test_what_served_after_a_rollback_is_proven_and_gone_back_to(guard):
    guard.account.run_for(32 * MINUTE)
    assert names(guard) == ["web:3", "web:2"]
    guard.release(image="app:5", seconds=2 * MINUTE)
    alarm(guard, "ALARM")
    (update,) = guard.world.calls("UpdateService", outcome="ok")
    assert update["parameters"]["taskDefinition"].endswith("web:3")


def test_an_alarm_in_the_second_watch_leaves_it_unproven_and_moves_nothing(guard):
    alarm(guard, "ALARM", seconds=10 * MINUTE)
    assert names(guard) == ["web:2"]
    assert guard.writes() == []
    assert "bake-alarm" not in guard.stages()
    assert not [one for one in guard.ledger().judged if one.version.name == "web:3"]
