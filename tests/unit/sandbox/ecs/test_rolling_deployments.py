from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sandbox.ecs import App

if TYPE_CHECKING:
    from ecs_world import World


def deploy(world: World, **params: object) -> None:
    world.task_definition("web")
    world.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web", **params)


def counts_during(world: World, seconds: int) -> list[tuple[int, int]]:
    """RUNNING tasks and tasks that are meant to run, second by second."""
    seen = []
    for _ in range(seconds):
        world.run(1)
        wanted = world.tasks()
        running = [task for task in wanted if task["lastStatus"] == "RUNNING"]
        seen.append((len(running), len(wanted)))
    return seen


def percents(minimum: int, maximum: int) -> dict:
    return {"minimumHealthyPercent": minimum, "maximumPercent": maximum}


@pytest.mark.parametrize(
    ("minimum", "maximum", "least", "most"),
    [(100, 200, 4, 8), (50, 100, 2, 4), (100, 150, 4, 6), (0, 100, 0, 4)],
)
def test_a_deployment_stays_between_minimum_healthy_and_maximum_percent(
    world: World, minimum: int, maximum: int, least: int, most: int
) -> None:
    group = world.target_group()
    configuration = percents(minimum, maximum)
    world.service("web", 4, group, deploymentConfiguration=configuration)
    world.run(120)
    deploy(world)
    seen = counts_during(world, 300)
    assert min(running for running, _ in seen) == least
    assert max(wanted for _, wanted in seen) == most
    service = world.describe()
    assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]
    assert {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in world.tasks()} == {"2"}


def test_nothing_moves_when_the_percentages_leave_no_room(world: World) -> None:
    world.service("web", 2, deploymentConfiguration=percents(100, 100))
    world.run(120)
    deploy(world)
    world.run(300)
    assert {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in world.tasks()} == {"1"}


def test_the_old_deployment_is_active_until_its_tasks_are_replaced(world: World) -> None:
    world.service("web", 2)
    world.run(120)
    deploy(world)
    world.run(10)
    shown = world.describe()["deployments"]
    assert [each["status"] for each in shown] == ["PRIMARY", "ACTIVE"]
    assert [each["desiredCount"] for each in shown] == [2, 0]
    world.run(300)
    assert [each["status"] for each in world.describe()["deployments"]] == ["PRIMARY"]


def test_a_deployment_announces_its_start_and_its_end(world: World) -> None:
    world.service("web", 1)
    world.run(120)
    details = world.details("ECS Deployment State Change")
    deployment = world.describe()["deployments"][0]["id"]
    assert details == [
        {
            "eventType": "INFO",
            "eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS",
            "deploymentId": deployment,
            "updatedAt": "2026-01-01T00:00:00Z",
            "reason": f"ECS deployment {deployment} in progress.",
        },
        {
            "eventType": "INFO",
            "eventName": "SERVICE_DEPLOYMENT_COMPLETED",
            "deploymentId": deployment,
            "updatedAt": details[1]["updatedAt"],
            "reason": f"ECS deployment {deployment} completed.",
        },
    ]
    event = next(e for e in world.events if e["detail-type"] == "ECS Deployment State Change")
    assert event["resources"] == ["arn:aws:ecs:eu-west-1:123456789012:service/prod/web"]


def test_the_same_task_definition_again_is_no_deployment(world: World) -> None:
    world.service("web", 1)
    world.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web:1")
    assert len(world.describe()["deployments"]) == 1
    world.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    assert len(world.describe()["deployments"]) == 2


def breaker(*, rollback: bool) -> dict:
    return {"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}}


def broken_deployment(world: World, *, rollback: bool) -> None:
    world.service("web", 2, deploymentConfiguration=breaker(rollback=rollback))
    world.run(120)
    world.twin.behave("web:2", App(start_failure="CannotPullContainerError"))
    deploy(world)
    world.run(600)


def test_the_circuit_breaker_rolls_back_to_the_id_of_the_old_deployment(world: World) -> None:
    broken_deployment(world, rollback=True)
    told = world.details("ECS Deployment State Change")
    names = [each["eventName"].removeprefix("SERVICE_DEPLOYMENT_") for each in told]
    assert names == [
        "IN_PROGRESS",
        "COMPLETED",
        "IN_PROGRESS",
        "FAILED",
        "IN_PROGRESS",
        "COMPLETED",
    ]
    old, new = told[0]["deploymentId"], told[2]["deploymentId"]
    assert [each["deploymentId"] for each in told[2:]] == [new, new, old, old]
    assert told[3]["eventType"] == "ERROR"
    assert told[3]["reason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert told[4]["reason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {old}."
    )
    assert world.describe()["taskDefinition"].endswith("web:1")
    history = world.ecs("ListServiceDeployments", cluster="prod", service="web")
    statuses = [each["status"] for each in history["serviceDeployments"]]
    assert statuses == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]


def test_the_circuit_breaker_without_rollback_leaves_the_old_tasks_running(world: World) -> None:
    broken_deployment(world, rollback=False)
    shown = world.describe()["deployments"]
    assert [each["rolloutState"] for each in shown] == ["FAILED", "COMPLETED"]
    assert {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in world.tasks()} == {"1"}


def test_the_first_deployment_has_nothing_to_roll_back_to(world: World) -> None:
    world.twin.behave("web", App(start_failure="CannotPullContainerError"))
    world.service("web", 2, deploymentConfiguration=breaker(rollback=True))
    world.run(600)
    brief = world.ecs("ListServiceDeployments", cluster="prod", service="web")
    (entry,) = brief["serviceDeployments"]
    assert entry["status"] == "ROLLBACK_FAILED"
    assert entry["statusReason"] == "No rollback candidate was found to run the rollback."


def test_without_a_circuit_breaker_a_broken_deployment_never_fails(world: World) -> None:
    world.service("web", 2)
    world.run(120)
    world.twin.behave("web:2", App(start_failure="CannotPullContainerError"))
    deploy(world)
    world.run(3600)
    names = [each["eventName"] for each in world.details("ECS Deployment State Change")]
    assert "SERVICE_DEPLOYMENT_FAILED" not in names
    assert world.describe()["deployments"][0]["rolloutState"] == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("desired", "configured", "failures"),
    [
        (2, {}, 3),
        (25, {}, 13),
        (2, {"type": "COUNT", "value": 5}, 5),
        (4, {"type": "BOUNDED_PERCENT", "value": 100}, 4),
    ],
)
def test_the_threshold_follows_the_desired_count(
    world: World, desired: int, configured: dict, failures: int
) -> None:
    world.twin.behave("web", App(start_failure="CannotPullContainerError"))
    configuration = breaker(rollback=False)
    if configured:
        configuration["deploymentCircuitBreaker"]["thresholdConfiguration"] = configured
    world.service("web", desired, deploymentConfiguration=configuration)
    world.run(1800)
    (deployment,) = world.describe()["deployments"]
    assert deployment["rolloutState"] == "FAILED"
    stops = world.details("ECS Task State Change", lastStatus="STOPPED")
    stopping = sorted(each["stoppingAt"] for each in stops)
    failed = world.details("ECS Deployment State Change", eventName="SERVICE_DEPLOYMENT_FAILED")
    assert stopping[failures - 1][:19] + "Z" == failed[0]["updatedAt"]


def test_versions_of_a_task_never_skip_or_repeat(world: World) -> None:
    world.service("web", 3, world.target_group())
    world.run(120)
    deploy(world)
    world.run(300)
    for task in {each["taskArn"] for each in world.details("ECS Task State Change")}:
        versions = [version for _, _, version in world.history(task)]
        assert all(after == before + 1 for before, after in pairwise(versions))
