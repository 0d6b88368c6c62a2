from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs_world import World


def test_without_spot_capacity_placement_fails_again_and_again_until_it_is_back(
    world: World,
) -> None:
    world.service("web", 2)
    world.run(60)
    world.twin.spot_capacity(0)
    world.twin.interrupt([world.tasks()[0]["taskArn"]])
    world.run(130)
    failures = world.details("ECS Service Action", eventName="SERVICE_TASK_PLACEMENT_FAILURE")
    assert len(failures) == 3
    assert failures[0] | {"createdAt": ""} == {
        "eventType": "ERROR",
        "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
        "capacityProviderArns": [
            "arn:aws:ecs:eu-west-1:123456789012:capacity-provider/FARGATE_SPOT"
        ],
        "reason": "RESOURCE:FARGATE",
        "createdAt": "",
    }
    service = world.describe()
    assert (service["desiredCount"], service["runningCount"]) == (2, 1)
    message = service["events"][0]["message"]
    assert "Capacity is unavailable at this time. Please try again later" in message
    world.twin.spot_capacity(None)
    world.run(120)
    assert world.describe()["runningCount"] == 2


def test_capacity_can_be_taken_away_in_one_availability_zone(world: World) -> None:
    world.twin.spot_capacity(0, availability_zone="eu-west-1a")
    world.service("web", 4)
    world.run(60)
    zones = sorted(task["availabilityZone"] for task in world.tasks())
    assert zones == ["eu-west-1b", "eu-west-1b", "eu-west-1c", "eu-west-1c"]
