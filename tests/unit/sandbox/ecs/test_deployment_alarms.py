from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox.ecs.rollout_world import (
    NO_IMAGE,
    breaker,
    current,
    deploy,
    said,
    serve,
    served,
    statuses,
    told,
)

if TYPE_CHECKING:
    from tests.unit.sandbox.ecs.ecs_world import World


def watched(*, rollback: bool = True) -> dict[str, Any]:
    return {"alarms": {"alarmNames": ["errors", "slow"], "enable": True, "rollback": rollback}}


class States(dict[str, str]):
    def __call__(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self[name] for name in names if name in self}


@pytest.fixture
def states(world: World) -> States:
    states = States(errors="OK", slow="INSUFFICIENT_DATA")
    world.twin.connect(alarms=states)
    return states


def test_the_deployment_bakes_before_it_is_completed(world: World, states: States) -> None:
    serve(world)
    deploy(world, deploymentConfiguration=watched())
    world.run(180)
    assert served(world) == {"2"}
    entry = current(world)
    assert (entry["status"], entry["lifecycleStage"]) == ("IN_PROGRESS", "BAKE_TIME")
    assert world.describe()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert entry["alarms"] == {
        "status": "MONITORING",
        "alarmNames": ["errors", "slow"],
        "triggeredAlarmNames": [],
    }
    world.run(180)
    assert statuses(world)[0] == "SUCCESSFUL"
    assert current(world)["alarms"]["status"] == "MONITORING_COMPLETE"


@pytest.mark.parametrize("after_s", [30, 240])
def test_an_alarm_rolls_the_deployment_back(world: World, states: States, after_s: int) -> None:
    """While it scales, and while it bakes with the old tasks gone."""
    serve(world)
    deploy(world, deploymentConfiguration=watched())
    world.run(after_s)
    old = told(world)[0][1]
    states["errors"] = "ALARM"
    world.run(180)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert served(world) == {"1"}
    assert current(world)["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": ["errors", "slow"],
        "triggeredAlarmNames": ["errors"],
    }
    assert [name for name, _ in told(world)[2:]] == [
        "IN_PROGRESS",
        "FAILED",
        "IN_PROGRESS",
        "COMPLETED",
    ]
    assert told(world)[-1] == ("COMPLETED", old)
    assert any(each.endswith("deployment failed: alarm detected.") for each in said(world))
    assert f"(service web) rolling back to deployment {old}." in said(world)


def test_without_rollback_the_deployment_only_stops(world: World, states: States) -> None:
    serve(world)
    deploy(world, deploymentConfiguration=watched(rollback=False))
    world.run(30)
    states["slow"] = "ALARM"
    world.run(60)
    assert statuses(world)[0] == "STOPPED"
    assert [name for name, _ in told(world)[2:]] == ["IN_PROGRESS", "FAILED"]


def test_an_alarm_that_is_there_already_switches_the_alarms_off(
    world: World, states: States
) -> None:
    serve(world)
    states["errors"] = "ALARM"
    deploy(world, deploymentConfiguration=watched())
    world.run(60)
    states["slow"] = "ALARM"
    world.run(180)
    assert statuses(world)[0] == "SUCCESSFUL"
    assert current(world)["alarms"] == {"status": "DISABLED"}


def test_after_the_deployment_nobody_looks_at_the_alarms(world: World, states: States) -> None:
    serve(world)
    deploy(world, deploymentConfiguration=watched())
    world.run(600)
    states["errors"] = "ALARM"
    world.run(600)
    assert statuses(world)[0] == "SUCCESSFUL"
    assert served(world) == {"2"}


def test_the_first_of_breaker_and_alarms_decides(world: World, states: States) -> None:
    serve(world)
    deploy(world, NO_IMAGE, deploymentConfiguration=watched(rollback=True) | breaker())
    world.run(600)
    entry = current(world)
    assert entry["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert entry["alarms"]["triggeredAlarmNames"] == []
    assert "circuit breaker" in entry["statusReason"]
