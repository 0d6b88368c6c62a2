"""A deployment of the version that serves already: started again, or in another network."""

from __future__ import annotations

import json

import pytest

from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.conftest import web
from tests.integration.deploy_guard.condemned import set_alarm
from tests.integration.deploy_guard.observed import Observed

AWAY = App.crash("could not connect to the database", after_s=1)
ELSEWHERE = {"awsvpcConfiguration": {"subnets": ["subnet-0b0b0b0b0b0b0b0b0"]}}


@pytest.fixture
def guard(operate):
    """Two versions that have proven good; the second serves."""
    tags = {"rollback": "auto", "bake": "5m", "bake-alarms": "errors"}
    service = web(tags={f"ecs-ops:{name}": value for name, value in tags.items()})
    guard = Observed(operate([service]))
    create_alarm(guard.account, "errors")
    guard.account.run_for(400)
    guard.release(image="app:2", seconds=600)
    assert {one.version.name for one in guard.ledger().good()} == {"web:1", "web:2"}
    guard.world.trace.clear()
    return guard


@pytest.mark.parametrize(
    "change", [{"forceNewDeployment": True}, {"networkConfiguration": ELSEWHERE}]
)
def test_a_restart_that_fails_is_stopped_and_no_other_version_is_deployed(guard, change):
    network = subnets(guard)
    guard.account.ecs.behave("web:2", AWAY)
    guard.ecs.update_service(cluster="prod", service="web", **change)
    guard.account.run_for(600)
    assert guard.writes() == ["StopServiceDeployment"]
    assert subnets(guard) == network
    assert {one.version.name for one in guard.ledger().good()} == {"web:1", "web:2"}
    told = "\n".join(f"{one['title']}\n{one['summary']}" for one in guard.alerts())
    assert "web:1" not in told
    assert "rolling back to web:2's older deployment now" in told
    assert "first" not in told
    assert guard.stages()[-1] == "rolled-back"
    assert "this very version served before this deployment" in json.dumps(guard.alerts()[0])


def test_an_alarm_after_a_restart_leads_to_no_older_version(guard):
    guard.ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
    guard.account.run_for(150)
    set_alarm(guard.world, "ALARM")
    guard.account.run_for(120)
    assert guard.writes() == []
    (alert,) = guard.alerts()
    assert (alert["stage"], alert["severity"]) == ("bake-alarm", "critical")
    assert "it served before this deployment too" in alert["summary"]
    assert guard.ledger().bad(guard.ledger().deployments[0].target) is None


def subnets(guard):
    (found,) = guard.ecs.describe_services(cluster="prod", services=["web"])["services"]
    return found.get("networkConfiguration")
