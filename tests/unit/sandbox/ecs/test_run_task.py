from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.ecs import App, EcsSettings
from sandbox.ecs.launch_failures import LaunchFailure
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import World

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
HOUR = 3_600.0


def arns(answer: dict) -> list[str]:
    return [task["taskArn"] for task in answer["tasks"]]


def stopped(world: World, arn: str) -> None:
    world.ecs("StopTask", cluster="prod", task=arn)
    world.run(60)
    assert world.task(arn)["lastStatus"] == "STOPPED"


def test_a_token_is_forgotten_an_hour_after_its_task_has_stopped(world: World) -> None:
    first = world.run_task(clientToken="t")
    stopped(world, arns(first)[0])
    world.run(HOUR - 120)
    assert arns(world.run_task(clientToken="t")) == arns(first)
    world.run(120)
    assert arns(world.run_task(clientToken="t")) != arns(first)


def test_the_last_task_to_stop_decides_about_the_token(world: World) -> None:
    first = world.run_task(2, clientToken="t")
    stopped(world, arns(first)[0])
    world.run(2 * HOUR)
    assert arns(world.run_task(2, clientToken="t")) == arns(first)


def test_a_token_is_forgotten_after_a_day_although_its_task_runs(world: World) -> None:
    first = world.run_task(clientToken="t")
    world.run(24 * HOUR)
    assert arns(world.run_task(clientToken="t")) != arns(first)


def test_a_token_counts_in_its_own_cluster(world: World) -> None:
    world.ecs("CreateCluster", clusterName="other", capacityProviders=["FARGATE"])
    first = world.run_task(clientToken="t")
    assert arns(world.run_task(clientToken="t", cluster="other")) != arns(first)


def test_a_conflict_names_the_tasks_that_the_token_started(world: World) -> None:
    first = world.run_task(2, clientToken="t")
    with pytest.raises(ApiError) as refused:
        world.run_task(3, clientToken="t")
    assert refused.value.code == "ConflictException"
    assert refused.value.fields == {"resourceIds": arns(first)}


def test_of_a_stopped_task_a_repeated_request_is_told_little(world: World) -> None:
    first = world.run_task(clientToken="t")
    stopped(world, arns(first)[0])
    again = world.run_task(clientToken="t")["tasks"]
    assert again == [
        {"taskArn": arns(first)[0], "lastStatus": "STOPPED", "desiredStatus": "STOPPED"}
    ]


def test_a_repeated_request_is_told_its_failures_and_after_an_hour_their_number(
    world: World,
) -> None:
    world.twin.spot_capacity(0)
    first = world.run_task(2, clientToken="t", capacityProviderStrategy=SPOT)
    world.twin.spot_capacity(None)
    again = world.run_task(2, clientToken="t", capacityProviderStrategy=SPOT)
    assert again["failures"] == first["failures"]
    assert "Capacity is unavailable" in again["failures"][0]["reason"]
    world.run(HOUR)
    late = world.run_task(2, clientToken="t", capacityProviderStrategy=SPOT)
    assert (late["tasks"], late["failures"]) == ([], [{}, {}])


def test_a_request_that_was_refused_leaves_its_token_unused(world: World) -> None:
    with pytest.raises(ApiError):
        world.run_task(clientToken="t", taskDefinition="nope")
    assert len(world.run_task(clientToken="t")["tasks"]) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"count": 0},
        {"count": 11},
        {"overrides": {"containerOverrides": [{"name": "web", "command": ["x" * 8_192]}]}},
        {"startedBy": "s" * 129},
        {"clientToken": "t" * 65},
        {"clientToken": "with space"},
        {"tags": [{"key": f"k{n}", "value": ""} for n in range(51)]},
    ],
    ids=["none", "eleven", "overrides", "startedBy", "long token", "space in token", "tags"],
)
def test_what_is_over_a_limit_is_refused_before_anything_starts(world: World, params: dict) -> None:
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.run_task(params.pop("count", 1), **params)
    assert world.ecs("ListTasks", cluster="prod")["taskArns"] == []


def test_overrides_may_have_8192_characters(world: World) -> None:
    empty = '{"containerOverrides":[{"name":"web","command":[""]}]}'
    command = "x" * (8_192 - len(empty))
    overrides = {"containerOverrides": [{"name": "web", "command": [command]}]}
    assert len(world.run_task(overrides=overrides)["tasks"]) == 1


def test_planned_failures_come_beside_the_tasks_that_start(world: World) -> None:
    world.twin.fail_launches(LaunchFailure("RESOURCE:MEMORY", times=4, arn="arn:instance"))
    answer = world.run_task(10)
    assert len(answer["tasks"]) == 6
    assert answer["failures"] == [{"arn": "arn:instance", "reason": "RESOURCE:MEMORY"}] * 4
    assert len(world.run_task(10)["tasks"]) == 10


def test_planned_failures_may_be_of_one_capacity_provider_only(world: World) -> None:
    world.twin.fail_launches(LaunchFailure("AGENT", provider="FARGATE_SPOT"))
    assert world.run_task(capacityProviderStrategy=SPOT)["failures"] == [{"reason": "AGENT"}]
    assert len(world.run_task()["tasks"]) == 1
    world.twin.launch_failures.clear()
    assert len(world.run_task(capacityProviderStrategy=SPOT)["tasks"]) == 1


def test_some_launches_fail_by_chance(clock: VirtualClock) -> None:
    world = World(clock, EcsSettings(provisioning_tasks=1_000))
    world.twin.fail_launches(LaunchFailure("Internal error", probability=0.1))
    answers = [world.run_task(10) for _ in range(100)]
    failed = sum(len(answer["failures"]) for answer in answers)
    assert 60 < failed < 140
    assert sum(len(answer["tasks"]) for answer in answers) == 1_000 - failed


def test_a_task_that_no_instance_takes_stops_after_half_an_hour_without_containers(
    world: World,
) -> None:
    world.twin.behave("web", App.without_instance())
    arn = arns(world.run_task())[0]
    world.run(1_700)
    assert world.task(arn)["lastStatus"] == "PROVISIONING"
    world.run(200)
    task = world.task(arn)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "TaskFailedToStart")
    assert task["stoppedReason"] == "TaskFailedToStart: RESOURCE:MEMORY"
    assert task["containers"] == []


def test_no_more_tasks_than_the_quota_are_provisioning_in_a_cluster(clock: VirtualClock) -> None:
    world = World(clock, EcsSettings(provisioning_tasks=12))
    assert len(world.run_task(10)["tasks"]) == 10
    with pytest.raises(ApiError, match="PROVISIONING") as refused:
        world.run_task(3)
    assert refused.value.code == "ClientException"
    world.run(15)
    assert len(world.run_task(3)["tasks"]) == 3


def test_throttling_inside_run_task_comes_in_disguise(world: World) -> None:
    reason = "Rate exceeded (Service: AmazonEC2; ErrorCode: Throttling)"
    world.twin.fail_launches(LaunchFailure(reason, times=1, error="InvalidParameterException"))
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.run_task(clientToken="t")
    assert len(world.run_task(clientToken="t")["tasks"]) == 1
