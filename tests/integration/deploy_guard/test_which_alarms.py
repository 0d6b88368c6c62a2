"""Which alarms watch a version: composite ones as well, and none that does not exist."""

from __future__ import annotations

import pytest

from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import Observed

WATCH = 900


@pytest.fixture
def guard(operate):
    guard = Observed(operate([web()]))
    guard.tag(rollback="auto", bake="15m")
    return guard


def test_s12_a_composite_alarm_goes_back_like_any_other(guard):
    """Both roles see it: AWS shows composite alarms to permissions alone that are scoped to everything."""
    cloudwatch = guard.account.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="release", AlarmRule='ALARM("errors")')
    guard.tag(bake_alarms="release")
    guard.release(image="app:2", seconds=200)
    cloudwatch.set_alarm_state(AlarmName="release", StateValue="ALARM", StateReason="errors is on")
    guard.account.run_for(60)
    assert guard.writes() == ["UpdateService"]
    assert guard.alerts()[0]["title"] == "prod/web: web:2 got worse, alarm release went off"


def test_an_alarm_that_does_not_exist_proves_nothing_and_is_told(guard):
    guard.tag(bake_alarms="erors")
    guard.release(image="app:2", seconds=200 + WATCH)
    (alert,) = guard.alerts()
    assert alert["title"] == "prod/web: nothing watched web:2, alarm erors does not exist"
    assert alert["severity"] == "warning"
    assert "web:2 does not count as proven good" in alert["summary"]
    assert guard.ledger().good() == ()


def test_s12_an_alarm_whose_name_has_spaces_is_watched(guard):
    create_alarm(guard.account, "errors")
    create_alarm(guard.account, "High CPU of web")
    guard.tag(bake_alarms="errors + High CPU of web")
    guard.release(image="app:2", seconds=200)
    guard.account.client("cloudwatch").set_alarm_state(
        AlarmName="High CPU of web", StateValue="ALARM", StateReason="test"
    )
    guard.account.run_for(60)
    alert = guard.alerts()[0]
    assert alert["title"] == "prod/web: web:2 got worse, alarm High CPU of web went off"
    commands = [step["command"] for step in alert["next_steps"] if "command" in step]
    assert any("--alarm-names 'High CPU of web'" in one for one in commands)


def test_names_with_spaces_that_are_taken_for_several_are_told_with_the_way_to_write_them(guard):
    create_alarm(guard.account, "High CPU")
    guard.tag(bake_alarms="High CPU")
    guard.release(image="app:2", seconds=200 + WATCH)
    (alert,) = guard.alerts()
    assert alert["title"] == "prod/web: nothing watched web:2, alarms High, CPU do not exist"
    assert "with a plus between them" in alert["summary"]
