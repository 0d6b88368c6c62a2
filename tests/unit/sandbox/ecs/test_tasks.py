from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from ecs_world import World

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def listed(world: World, **params: object) -> set[str]:
    return set(world.ecs("ListTasks", cluster="prod", **params)["taskArns"])


def refused(code: str) -> pytest.RaisesExc[ApiError]:
    return pytest.RaisesExc(ApiError, match=f"^{code}: ")


def test_run_task_starts_standalone_tasks(world: World) -> None:
    answer = world.run_task(3, startedBy="job/1", tags=[{"key": "run", "value": "1"}])
    assert answer["failures"] == []
    assert len(answer["tasks"]) == 3
    task = answer["tasks"][0]
    assert (task["group"], task["startedBy"]) == ("family:web", "job/1")
    assert (task["lastStatus"], task["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    assert (task["launchType"], task["version"]) == ("FARGATE", 1)
    assert "capacityProviderName" not in task
    assert task["tags"] == [{"key": "run", "value": "1"}]


def test_run_task_answers_missing_capacity_as_failures(world: World) -> None:
    world.twin.spot_capacity(2)
    answer = world.run_task(3, capacityProviderStrategy=SPOT)
    assert [task["capacityProviderName"] for task in answer["tasks"]] == ["FARGATE_SPOT"] * 2
    assert answer["failures"] == [
        {
            "reason": "Capacity is unavailable at this time. Please try again later or in a "
            "different availability zone"
        }
    ]
    assert not world.details("ECS Service Action")


def test_capacity_comes_back_with_a_stopped_task(world: World) -> None:
    world.twin.spot_capacity(1)
    first = world.run_task(capacityProviderStrategy=SPOT)["tasks"][0]
    assert world.run_task(capacityProviderStrategy=SPOT)["tasks"] == []
    world.ecs("StopTask", cluster="prod", task=first["taskArn"])
    world.run(60)
    assert len(world.run_task(capacityProviderStrategy=SPOT)["tasks"]) == 1


def test_on_demand_capacity_can_be_short_too(world: World) -> None:
    world.twin.capacity.limit("FARGATE", 0)
    assert world.run_task()["tasks"] == []


def test_a_client_token_answers_with_the_same_tasks(world: World) -> None:
    first = world.run_task(2, clientToken="t")
    again = world.run_task(2, clientToken="t")
    assert [t["taskArn"] for t in first["tasks"]] == [t["taskArn"] for t in again["tasks"]]
    with refused("ConflictException"):
        world.run_task(3, clientToken="t")


def test_overrides_are_shown_for_every_container(world: World) -> None:
    environment = [{"name": "SHARD", "value": "1"}]
    containers = [{"name": "web", "environment": environment}]
    overrides = {"containerOverrides": containers, "cpu": "512", "memory": "1024"}
    task = world.run_task(overrides=overrides)["tasks"][0]
    assert task["overrides"] == overrides
    assert task["cpu"] == "512"
    assert world.run_task()["tasks"][0]["overrides"] == {"containerOverrides": [{"name": "web"}]}


def test_run_task_runs_at_most_ten(world: World) -> None:
    with refused("InvalidParameterException"):
        world.run_task(11)


def test_awsvpc_tasks_need_a_network_configuration(world: World) -> None:
    with refused("InvalidParameterException"):
        world.run_task(networkConfiguration={})


def test_a_launch_type_and_a_strategy_exclude_each_other(world: World) -> None:
    with refused("InvalidParameterException"):
        world.run_task(launchType="FARGATE", capacityProviderStrategy=SPOT)


def test_the_default_strategy_of_the_cluster_is_used(world: World) -> None:
    world.ecs(
        "PutClusterCapacityProviders",
        cluster="prod",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=SPOT,
    )
    task = world.run_task(launchType="")["tasks"][0]
    assert task["capacityProviderName"] == "FARGATE_SPOT"


def test_list_tasks_filters_by_service_family_started_by_and_launch_type(world: World) -> None:
    world.task_definition("job")
    world.service("web", 2)
    world.run(60)
    job = world.run_task(taskDefinition="job", startedBy="me")["tasks"][0]["taskArn"]
    deployment = world.describe()["deployments"][0]["id"]
    web = {task["taskArn"] for task in world.tasks()}
    assert listed(world) == web | {job}
    assert listed(world, serviceName="web") == web
    assert listed(world, family="job") == {job}
    assert listed(world, startedBy="me") == {job}
    assert listed(world, startedBy=deployment) == web
    assert listed(world, launchType="FARGATE") == web | {job}
    assert listed(world, launchType="EC2") == set()
    assert listed(world, containerInstance="some-instance") == set()


def test_list_tasks_shows_tasks_by_what_they_are_meant_to_be(world: World) -> None:
    world.service("web", 2)
    world.run(60)
    world.twin.interrupt([world.tasks()[0]["taskArn"]])
    assert len(listed(world)) == 1
    assert len(listed(world, desiredStatus="STOPPED")) == 1
    assert listed(world, desiredStatus="PENDING") == set()


def test_started_by_goes_with_no_other_filter(world: World) -> None:
    with refused("InvalidParameterException"):
        listed(world, startedBy="me", family="web")


def test_list_tasks_of_an_unknown_service_is_an_error(world: World) -> None:
    with refused("ServiceNotFoundException"):
        listed(world, serviceName="nope")


def test_list_tasks_pages(world: World) -> None:
    for _ in range(3):
        world.run_task(10)
    first = world.ecs("ListTasks", cluster="prod", maxResults=20)
    second = world.ecs("ListTasks", cluster="prod", maxResults=20, nextToken=first["nextToken"])
    assert (len(first["taskArns"]), len(second["taskArns"])) == (20, 10)
    assert not {*first["taskArns"]} & {*second["taskArns"]}
    with refused("InvalidParameterException"):
        world.ecs("ListTasks", cluster="prod", nextToken="forged")
    with refused("InvalidParameterException"):
        world.ecs("ListTasks", cluster="prod", maxResults=101)


def test_at_most_a_hundred_tasks_can_be_described(world: World) -> None:
    with refused("InvalidParameterException"):
        world.ecs("DescribeTasks", cluster="prod", tasks=[f"{n:032x}" for n in range(101)])
    answer = world.ecs("DescribeTasks", cluster="prod", tasks=[f"{n:032x}" for n in range(100)])
    assert [each["reason"] for each in answer["failures"]] == ["MISSING"] * 100


def test_tasks_are_found_by_id_as_well_as_by_arn(world: World) -> None:
    arn = world.run_task()["tasks"][0]["taskArn"]
    assert world.task(arn.rsplit("/", 1)[1])["taskArn"] == arn


def test_stopping_an_unknown_task_is_an_error(world: World) -> None:
    with refused("InvalidParameterException"):
        world.ecs("StopTask", cluster="prod", task="0" * 32)


def test_stopping_a_stopping_task_changes_nothing(world: World) -> None:
    task = world.run_task()["tasks"][0]["taskArn"]
    world.run(60)
    world.ecs("StopTask", cluster="prod", task=task, reason="first")
    version = world.task(task)["version"]
    answer = world.ecs("StopTask", cluster="prod", task=task, reason="second")["task"]
    assert (answer["stoppedReason"], answer["version"]) == ("first", version)


def test_answers_are_snapshots(world: World) -> None:
    task = world.run_task()["tasks"][0]
    task["overrides"]["containerOverrides"].append("scribble")
    assert world.task(task["taskArn"])["overrides"] == {"containerOverrides": [{"name": "web"}]}
