from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sandbox.ecs import App, EcsSettings
from tests.unit.sandbox.ecs.ecs_world import World
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
    from sandbox.clock import VirtualClock


def test_the_circuit_breaker_rolls_back_to_the_id_of_the_old_deployment(world: World) -> None:
    serve(world, deploymentConfiguration=breaker())
    deploy(world, NO_IMAGE)
    world.run(600)
    names = [name for name, _ in told(world)]
    assert names == [
        "IN_PROGRESS",
        "COMPLETED",
        "IN_PROGRESS",
        "FAILED",
        "IN_PROGRESS",
        "COMPLETED",
    ]
    old, new = told(world)[0][1], told(world)[2][1]
    assert [each for _, each in told(world)[2:]] == [new, new, old, old]
    details = world.details("ECS Deployment State Change")
    assert details[3]["eventType"] == "ERROR"
    assert details[3]["reason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert details[4]["reason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {old}."
    )
    assert details[5]["reason"] == f"ECS deployment {old} completed."
    assert served(world) == {"1"}
    assert world.describe()["taskDefinition"].endswith("web:1")
    assert statuses(world) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]


def test_the_history_says_why_and_whereto_a_deployment_was_rolled_back(world: World) -> None:
    serve(world, deploymentConfiguration=breaker())
    old = current(world)
    deploy(world, NO_IMAGE)
    world.run(600)
    entry = current(world)
    reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
    assert entry["statusReason"] == entry["rollback"]["reason"] == reason
    assert entry["rollback"]["serviceRevisionArn"] == old["targetServiceRevision"]["arn"]
    assert entry["rollback"]["startedAt"] > entry["startedAt"]
    tripped = entry["deploymentCircuitBreaker"]
    assert (tripped["status"], tripped["threshold"]) == ("TRIGGERED", 3)
    assert tripped["failureCount"] >= 3
    assert old["deploymentCircuitBreaker"] == {
        "status": "MONITORING_COMPLETE",
        "failureCount": 0,
        "threshold": 3,
    }


def test_the_service_says_that_it_rolls_back(world: World) -> None:
    serve(world, deploymentConfiguration=breaker())
    deploy(world, NO_IMAGE)
    world.run(600)
    old, new = told(world)[0][1], told(world)[2][1]
    said_of_deployments = [each for each in said(world) if "deployment" in each]
    assert said_of_deployments == [
        f"(service web) (deployment {old}) deployment completed.",
        f"(service web) (deployment {new}) deployment failed: tasks failed to start.",
        f"(service web) rolling back to deployment {old}.",
        f"(service web) (deployment {old}) deployment completed.",
    ]


def test_the_next_deployment_after_a_rollback_goes_back_to_the_same_one(world: World) -> None:
    serve(world, deploymentConfiguration=breaker())
    for _ in range(2):
        deploy(world, NO_IMAGE)
        world.run(900)
    ids = [each for _, each in told(world)]
    assert statuses(world) == ["ROLLBACK_SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    assert ids[0] == ids[5] == ids[9]
    assert len(set(ids)) == 3


def test_the_circuit_breaker_without_rollback_leaves_the_old_tasks_running(world: World) -> None:
    serve(world, deploymentConfiguration=breaker(rollback=False))
    deploy(world, NO_IMAGE)
    world.run(600)
    shown = world.describe()["deployments"]
    assert [each["rolloutState"] for each in shown] == ["FAILED", "COMPLETED"]
    assert served(world) == {"1"}
    entry = current(world)
    assert entry["status"] == "STOPPED"
    assert entry["stoppedAt"] == entry["finishedAt"]
    assert entry["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert "rollback" not in entry


def test_the_first_deployment_has_nothing_to_roll_back_to(world: World) -> None:
    world.twin.behave("web", NO_IMAGE)
    world.service("web", 2, deploymentConfiguration=breaker())
    world.run(600)
    entry = current(world)
    assert entry["status"] == "ROLLBACK_FAILED"
    assert entry["statusReason"] == "No rollback candidate was found to run the rollback."
    assert world.tasks() == []


def test_a_rollback_that_fails_is_not_rolled_back_again(world: World) -> None:
    serve(world, deploymentConfiguration=breaker() | {"minimumHealthyPercent": 0})
    deploy(world, App(answers_health_checks=True))
    world.run(120)
    world.twin.behave("web:2", NO_IMAGE)
    deploy(world, NO_IMAGE, deploymentConfiguration={"maximumPercent": 100})
    world.run(1800)
    names = [name for name, _ in told(world)][4:]
    assert names == ["IN_PROGRESS", "FAILED", "IN_PROGRESS", "FAILED"]
    assert statuses(world)[0] == "ROLLBACK_FAILED"
    assert "circuit breaker" in current(world)["statusReason"]


def test_without_a_circuit_breaker_a_broken_deployment_never_fails(world: World) -> None:
    serve(world)
    deploy(world, NO_IMAGE)
    world.run(4 * 3600)
    assert "FAILED" not in [name for name, _ in told(world)]
    assert world.describe()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert current(world)["status"] == "IN_PROGRESS"
    assert current(world)["deploymentCircuitBreaker"] == {"status": "DISABLED"}


@pytest.mark.parametrize(
    ("desired", "configured", "failures"),
    [
        (2, None, 3),
        (25, None, 13),
        (2, {"type": "COUNT", "value": 5}, 5),
        (1, {"type": "COUNT", "value": 1}, 1),
        (4, {"type": "BOUNDED_PERCENT", "value": 100}, 4),
        (4, {"type": "UNBOUNDED_PERCENT", "value": 25}, 1),
        (4, {"type": "UNBOUNDED_PERCENT", "value": 50}, 2),
    ],
)
def test_the_threshold_follows_the_desired_count(
    world: World, desired: int, configured: dict | None, failures: int
) -> None:
    world.twin.behave("web", NO_IMAGE)
    more = {"thresholdConfiguration": configured} if configured else {}
    world.service("web", desired, deploymentConfiguration=breaker(rollback=False, **more))
    world.run(3600)
    (deployment,) = world.describe()["deployments"]
    assert deployment["rolloutState"] == "FAILED"
    assert current(world)["deploymentCircuitBreaker"]["threshold"] == failures
    stops = world.details("ECS Task State Change", lastStatus="STOPPED")
    enough = sorted(each["stoppingAt"] for each in stops)[failures - 1]
    (failed,) = world.details("ECS Deployment State Change", eventName="SERVICE_DEPLOYMENT_FAILED")
    wait = datetime.fromisoformat(failed["updatedAt"]) - datetime.fromisoformat(enough)
    assert wait.total_seconds() == pytest.approx(EcsSettings().breaker_s, abs=1)


def test_the_threshold_follows_a_desired_count_that_changes(world: World) -> None:
    world.twin.behave("web", NO_IMAGE)
    world.service("web", 8, deploymentConfiguration=breaker())
    assert current(world)["deploymentCircuitBreaker"]["threshold"] == 4
    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=20)
    assert current(world)["deploymentCircuitBreaker"]["threshold"] == 10


def limping(world: World, *, reset: bool) -> None:
    """Of the tasks of the new deployment, every other one fails."""
    percents = {"maximumPercent": 134, "minimumHealthyPercent": 100}
    serve(world, 3, deploymentConfiguration=breaker(resetOnHealthyTask=reset) | percents)
    deploy(world, *[NO_IMAGE, App()] * 3)
    world.run(900)


def test_a_healthy_task_starts_the_count_anew(world: World) -> None:
    limping(world, reset=True)
    assert [name for name, _ in told(world)].count("FAILED") == 0
    assert statuses(world)[0] == "SUCCESSFUL"
    assert current(world)["deploymentCircuitBreaker"]["failureCount"] == 0


def test_a_cumulative_count_is_not_reset(world: World) -> None:
    limping(world, reset=False)
    assert [name for name, _ in told(world)].count("FAILED") == 1
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert current(world)["deploymentCircuitBreaker"]["failureCount"] == 3


def test_health_checks_that_fail_trip_the_breaker_and_do_not_throttle(world: World) -> None:
    group = world.target_group()
    serve(world, 1, loadBalancers=web_targets(group), deploymentConfiguration=breaker())
    deploy(world, App.unhealthy(404))
    world.run(900)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    assert world.details("ECS Service Action", eventName="SERVICE_TASK_START_IMPAIRED") == []
    assert not any("unable to consistently start" in each for each in said(world))


def test_tasks_that_run_and_then_die_do_not_trip_the_breaker(world: World) -> None:
    serve(world, 1, deploymentConfiguration=breaker())
    deploy(world, App.crash("boom", after_s=10))
    world.run(3600)
    assert current(world)["status"] == "IN_PROGRESS"
    assert world.describe()["deployments"][0]["failedTasks"] == 0


def test_tasks_that_die_before_ecs_sees_them_run_trip_the_breaker(world: World) -> None:
    serve(world, 1, deploymentConfiguration=breaker())
    deploy(world, App.crash("boom"))
    world.run(1200)
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"
    stopped = world.details(
        "ECS Task State Change", lastStatus="STOPPED", stopCode="EssentialContainerExited"
    )
    assert len(stopped) == 3
    assert all("startedAt" not in each for each in stopped)
    assert {each["containers"][0]["exitCode"] for each in stopped} == {1}


def test_missing_capacity_trips_the_breaker_too(world: World) -> None:
    serve(world, 1, deploymentConfiguration=breaker())
    world.twin.spot_capacity(0)
    deploy(world)
    world.run(600)
    failures = world.details("ECS Service Action", eventName="SERVICE_TASK_PLACEMENT_FAILURE")
    assert {each["reason"] for each in failures} == {"RESOURCE:FARGATE"}
    assert len(failures) >= 3
    assert statuses(world)[0] == "ROLLBACK_SUCCESSFUL"


def test_a_role_that_cannot_be_assumed_is_a_configuration_failure(world: World) -> None:
    role = "arn:aws:iam::123456789012:role/gone"
    serve(world, 1)
    deploy(world, App.without_role(role))
    world.run(600)
    failures = world.details("ECS Service Action", eventName="SERVICE_TASK_CONFIGURATION_FAILURE")
    assert failures[0]["eventType"] == "ERROR"
    assert failures[0]["reason"].startswith(f"ECS was unable to assume the role '{role}'")
    assert f"(service web) failed to launch a task with (error {failures[0]['reason']})." in said(
        world
    )
    assert world.describe()["deployments"][0]["failedTasks"] == len(failures)
    assert served(world) == {"1"}


def test_the_events_of_a_deployment_may_come_as_service_actions_too(clock: VirtualClock) -> None:
    world = World(clock, EcsSettings(deployments_are_service_actions=True))
    serve(world, deploymentConfiguration=breaker())
    deploy(world, NO_IMAGE)
    world.run(600)
    actions = [
        (each["eventName"], each["eventType"])
        for each in world.details("ECS Service Action")
        if each["eventName"].startswith("SERVICE_DEPLOYMENT_")
    ]
    assert [name.removeprefix("SERVICE_DEPLOYMENT_") for name, _ in actions] == [
        name for name, _ in told(world)
    ]
    assert dict(actions)["SERVICE_DEPLOYMENT_FAILED"] == "ERROR"


def web_targets(group: str) -> list[dict]:
    return [{"targetGroupArn": group, "containerName": "web", "containerPort": 8080}]
