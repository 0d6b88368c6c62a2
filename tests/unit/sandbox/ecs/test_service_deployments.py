from __future__ import annotations

import pytest

from sandbox.errors import ApiError, UnsupportedOperation
from tests.unit.sandbox.ecs.ecs_world import World
from tests.unit.sandbox.ecs.rollout_world import (
    NO_IMAGE,
    breaker,
    current,
    deploy,
    history,
    serve,
    served,
    statuses,
    stop,
    told,
)


def test_a_service_deployment_is_pending_then_in_progress_then_successful(world: World) -> None:
    world.service("web", 1)
    assert "startedAt" not in current(world)
    seen = []
    for _ in range(120):
        seen.append(current(world)["status"])
        world.run(1)
    assert list(dict.fromkeys(seen)) == ["PENDING", "IN_PROGRESS", "SUCCESSFUL"]
    entry = current(world)
    assert entry["createdAt"] < entry["startedAt"] < entry["finishedAt"]
    assert "lifecycleStage" not in entry


def test_the_stage_of_a_rolling_deployment(world: World) -> None:
    world.service("web", 1)
    world.run(10)
    assert current(world)["lifecycleStage"] == "SCALE_UP"


def test_a_stop_rolls_back_even_without_any_rollback_configured(world: World) -> None:
    serve(world)
    deploy(world, NO_IMAGE)
    world.run(20)
    arn = current(world)["serviceDeploymentArn"]
    assert stop(world) == {"serviceDeploymentArn": arn}
    assert current(world)["status"] == "ROLLBACK_REQUESTED"
    world.run(2)
    assert current(world)["status"] == "ROLLBACK_IN_PROGRESS"
    world.run(120)
    assert statuses(world) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    entry = current(world)
    assert (
        entry["rollback"]["serviceRevisionArn"] == history(world)[1]["targetServiceRevision"]["arn"]
    )
    assert entry["stoppedAt"] <= entry["finishedAt"]
    assert served(world) == {"1"}
    assert world.describe()["taskDefinition"].endswith("web:1")


def test_a_stop_is_told_like_any_deployment_of_the_old_id(world: World) -> None:
    serve(world)
    deploy(world, NO_IMAGE)
    world.run(20)
    stop(world)
    world.run(120)
    old, new = told(world)[0][1], told(world)[2][1]
    assert told(world)[2:] == [("IN_PROGRESS", new), ("IN_PROGRESS", old), ("COMPLETED", old)]


def test_a_pending_deployment_can_be_stopped(world: World) -> None:
    serve(world)
    deploy(world)
    assert current(world)["status"] == "PENDING"
    stop(world)
    world.run(120)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert served(world) == {"1"}


def test_stopping_what_stops_already_changes_nothing(world: World) -> None:
    serve(world)
    deploy(world, NO_IMAGE)
    world.run(20)
    stop(world)
    stop(world)
    world.run(2)
    stop(world)
    world.run(120)
    assert [name for name, _ in told(world)].count("IN_PROGRESS") == 3
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"


def test_a_deployment_that_is_stopping_for_a_newer_one_goes_on_stopping(world: World) -> None:
    serve(world)
    deploy(world)
    deploy(world)
    superseded = history(world)[1]
    assert superseded["status"] == "STOP_REQUESTED"
    world.ecs("StopServiceDeployment", serviceDeploymentArn=superseded["serviceDeploymentArn"])
    world.run(300)
    assert statuses(world) == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert "stoppedAt" in history(world)[1]


@pytest.mark.parametrize("ended", ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL"])
def test_what_has_ended_can_no_longer_be_stopped(world: World, ended: str) -> None:
    serve(world)
    if ended == "STOPPED":
        deploy(world)
        deploy(world)
        world.run(5)
    elif ended == "ROLLBACK_SUCCESSFUL":
        deploy(world)
        stop(world)
        world.run(60)
    arn = next(e["serviceDeploymentArn"] for e in history(world) if e["status"] == ended)
    with pytest.raises(ApiError, match="ConflictException"):
        world.ecs("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ROLLBACK")


def test_an_unknown_service_deployment_cannot_be_stopped(world: World) -> None:
    serve(world)
    arn = current(world)["serviceDeploymentArn"] + "x"
    with pytest.raises(ApiError, match="ServiceDeploymentNotFoundException"):
        world.ecs("StopServiceDeployment", serviceDeploymentArn=arn)


def test_the_stop_type_abort_is_not_simulated(world: World) -> None:
    serve(world)
    deploy(world)
    arn = current(world)["serviceDeploymentArn"]
    with pytest.raises(UnsupportedOperation, match="ABORT"):
        world.ecs("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ABORT")


def test_a_deployment_may_succeed_just_before_it_is_stopped(world: World) -> None:
    serve(world)
    deploy(world)
    world.run(20)
    world.twin.just_before("StopServiceDeployment", lambda: world.twin.succeed("web"))
    with pytest.raises(ApiError, match="ConflictException"):
        stop(world)
    assert current(world)["status"] == "SUCCESSFUL"
    world.run(300)
    assert served(world) == {"2"}


def test_a_stop_that_comes_with_the_last_healthy_task_loses_the_race(world: World) -> None:
    serve(world, 1)
    deploy(world)
    while world.describe()["deployments"][0]["rolloutState"] == "IN_PROGRESS":
        almost = len(world.describe()["deployments"]) == 1
        if almost:
            stop(world)
        world.run(0.1)
    assert current(world)["status"] in {"SUCCESSFUL", "ROLLBACK_SUCCESSFUL"}


def test_the_first_deployment_that_is_stopped_has_no_candidate(world: World) -> None:
    world.service("web", 1)
    world.run(5)
    stop(world)
    world.run(60)
    entry = current(world)
    assert entry["status"] == "ROLLBACK_FAILED"
    assert entry["statusReason"] == "No rollback candidate was found to run the rollback."


def test_a_deployment_whose_predecessor_is_gone_is_rolled_back_too(world: World) -> None:
    serve(world, deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100})
    deploy(world, NO_IMAGE)
    world.run(60)
    assert len(world.describe()["deployments"]) == 1
    old = told(world)[0][1]
    stop(world)
    world.run(120)
    assert served(world) == {"1"}
    assert world.describe()["deployments"][0]["id"] == old


def test_a_new_deployment_during_a_rollback_stops_it(world: World) -> None:
    serve(world, deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100})
    deploy(world, NO_IMAGE)
    world.run(60)
    stop(world)
    world.run(2)
    assert current(world)["status"] == "ROLLBACK_IN_PROGRESS"
    deploy(world)
    world.run(180)
    assert statuses(world) == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert served(world) == {"3"}


def test_service_deployments_are_listed_in_pages_of_twenty(world: World) -> None:
    serve(world)
    for _ in range(21):
        world.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    names = {"cluster": "prod", "service": "web"}
    first = world.ecs("ListServiceDeployments", **names)
    assert len(first["serviceDeployments"]) == 20
    rest = world.ecs("ListServiceDeployments", **names, nextToken=first["nextToken"])
    assert len(rest["serviceDeployments"]) == 2
    assert "nextToken" not in rest


def test_the_history_goes_back_ninety_days_and_ends_with_the_service(world: World) -> None:
    serve(world)
    world.run(91 * 86_400)
    deploy(world)
    world.run(120)
    assert statuses(world) == ["SUCCESSFUL"]
    names = {"cluster": "prod", "service": "web"}
    arn = current(world)["serviceDeploymentArn"]
    world.ecs("DeleteService", **names, force=True)
    world.run(120)
    assert world.ecs("ListServiceDeployments", **names)["serviceDeployments"] == []
    answer = world.ecs("DescribeServiceDeployments", serviceDeploymentArns=[arn])
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_the_configuration_is_the_one_that_the_deployment_began_with(world: World) -> None:
    serve(world, deploymentConfiguration=breaker())
    deploy(world)
    changed = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    world.ecs("UpdateService", cluster="prod", service="web", deploymentConfiguration=changed)
    configured = current(world)["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert configured == {"enable": True, "rollback": True}
