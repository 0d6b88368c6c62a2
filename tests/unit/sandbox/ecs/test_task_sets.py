from __future__ import annotations

import pytest

from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import SUBNETS, World

NETWORK = {"awsvpcConfiguration": {"subnets": SUBNETS}}


def external(world: World, count: int = 4) -> None:
    world.ecs(
        "CreateService",
        cluster="prod",
        serviceName="web",
        desiredCount=count,
        deploymentController={"type": "EXTERNAL"},
    )


def add(world: World, percent: float, **params: object) -> dict:
    return world.ecs(
        "CreateTaskSet",
        cluster="prod",
        service="web",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        scale={"value": percent, "unit": "PERCENT"},
        **params,
    )["taskSet"]


def test_tasks_of_a_task_set_are_started_by_its_id(world: World) -> None:
    external(world)
    task_set = add(world, 100.0, externalId="deploy-1")
    world.run(120)
    assert {task["startedBy"] for task in world.tasks()} == {task_set["id"]}
    assert task_set["id"].startswith("ecs-svc/")
    shown = world.describe()
    assert shown["deployments"] == []
    assert shown["taskSets"][0]["stabilityStatus"] == "STEADY_STATE"
    assert shown["taskSets"][0]["externalId"] == "deploy-1"
    names = [each["eventName"] for each in world.details("ECS Service Action")]
    assert names == ["TASKSET_STEADY_STATE", "SERVICE_STEADY_STATE"]


def test_the_desired_count_of_a_task_set_is_rounded_up(world: World) -> None:
    external(world, 5)
    assert add(world, 50.0)["computedDesiredCount"] == 3
    world.run(60)
    assert len(world.tasks()) == 3


def test_each_task_set_registers_in_its_own_target_group(world: World) -> None:
    blue, green = world.target_group("blue"), world.target_group("green")
    external(world, 2)
    for group in (blue, green):
        target = {"targetGroupArn": group, "containerName": "web", "containerPort": 8080}
        add(world, 100.0, loadBalancers=[target])
    world.run(120)
    assert list(world.health(blue).values()) == ["healthy"] * 2
    assert list(world.health(green).values()) == ["healthy"] * 2
    shown = world.describe()
    assert shown["loadBalancers"] == []
    groups = [each["loadBalancers"][0]["targetGroupArn"] for each in shown["taskSets"]]
    assert groups == [blue, green]


def test_promoting_scaling_and_deleting_task_sets(world: World) -> None:
    external(world, 2)
    old, new = add(world, 100.0), add(world, 100.0)
    names = {"cluster": "prod", "service": "web"}
    for each in (old, new):
        world.ecs("UpdateServicePrimaryTaskSet", **names, primaryTaskSet=each["id"])
    shown = world.ecs("DescribeTaskSets", **names)["taskSets"]
    assert [each["status"] for each in shown] == ["ACTIVE", "PRIMARY"]
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.ecs("DeleteTaskSet", **names, taskSet=old["id"])
    world.ecs("UpdateTaskSet", **names, taskSet=old["id"], scale={"value": 0.0, "unit": "PERCENT"})
    world.run(60)
    assert {task["startedBy"] for task in world.tasks()} == {new["id"]}
    deleted = world.ecs("DeleteTaskSet", **names, taskSet=old["taskSetArn"])["taskSet"]
    assert deleted["status"] == "DRAINING"
    world.run(60)
    assert [each["id"] for each in world.describe()["taskSets"]] == [new["id"]]


def test_unknown_task_sets_are_failures_or_errors(world: World) -> None:
    external(world)
    names = {"cluster": "prod", "service": "web"}
    answer = world.ecs("DescribeTaskSets", **names, taskSets=["ecs-svc/1"])
    assert answer == {"taskSets": [], "failures": [{"arn": "ecs-svc/1", "reason": "MISSING"}]}
    with pytest.raises(ApiError, match="TaskSetNotFoundException"):
        world.ecs("DeleteTaskSet", **names, taskSet="ecs-svc/1", force=True)


def test_a_code_deploy_service_comes_with_its_first_task_set(world: World) -> None:
    group = world.target_group()
    world.service("web", 2, group, deploymentController={"type": "CODE_DEPLOY"})
    world.run(120)
    (task_set,) = world.describe()["taskSets"]
    assert task_set["status"] == "PRIMARY"
    assert task_set["loadBalancers"][0]["targetGroupArn"] == group
    assert list(world.health(group).values()) == ["healthy", "healthy"]
    assert "currentServiceDeployment" not in world.describe()


def test_a_code_deploy_service_takes_no_task_definition(world: World) -> None:
    world.service("web", 1, deploymentController={"type": "CODE_DEPLOY"})
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web")
    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=3)
    world.run(60)
    assert len(world.tasks()) == 3


def test_services_of_the_ecs_controller_have_no_task_sets(world: World) -> None:
    world.service("web", 1)
    with pytest.raises(ApiError, match="InvalidParameterException"):
        add(world, 100.0)
    assert "taskSets" not in world.describe()


def test_interrupted_tasks_of_a_task_set_are_replaced(world: World) -> None:
    world.service("web", 2, deploymentController={"type": "CODE_DEPLOY"})
    world.run(60)
    assert len(world.twin.interrupt(service="web")) == 2
    world.run(5)
    assert [task["lastStatus"] for task in world.tasks()] == ["PROVISIONING"] * 2
