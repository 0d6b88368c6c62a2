from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

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


def test_versions_of_a_task_never_skip_or_repeat(world: World) -> None:
    world.service("web", 3, world.target_group())
    world.run(120)
    deploy(world)
    world.run(300)
    for task in {each["taskArn"] for each in world.details("ECS Task State Change")}:
        versions = [version for _, _, version in world.history(task)]
        assert all(after == before + 1 for before, after in pairwise(versions))
