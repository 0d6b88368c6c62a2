"""Answers fit the models that botocore serialises them with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.session import Session

from tests.unit.sandbox.ecs.ecs_world import SUBNETS, World
from tests.unit.sandbox.ecs.rollout_world import breaker, current, deploy, stop
from tests.unit.sandbox.ecs.test_blue_green import Green
from tests.unit.sandbox.ecs.test_lifecycle_hooks import pausing

EXPECTED = {"string": str, "integer": int, "long": int, "double": float, "boolean": bool}


def mismatches(shape: Shape, value: Any, path: str) -> list[str]:
    if isinstance(shape, StructureShape):
        unknown = [f"{path}.{name} is unknown" for name in value.keys() - shape.members.keys()]
        return unknown + [
            found
            for name, each in value.items()
            if name in shape.members
            for found in mismatches(shape.members[name], each, f"{path}.{name}")
        ]
    if isinstance(shape, ListShape):
        return [
            found
            for index, each in enumerate(value)
            for found in mismatches(shape.member, each, f"{path}[{index}]")
        ]
    expected = EXPECTED.get(shape.type_name)
    if expected and not isinstance(value, expected):
        return [f"{path} is {value!r}, not {shape.type_name}"]
    if shape.type_name == "timestamp" and value.tzinfo is None:
        return [f"{path} has no time zone"]
    return []


@pytest.fixture
def busy(world: World) -> World:
    group = world.target_group()
    world.service("web", 2, group, serviceConnectConfiguration={"enabled": True, "namespace": "n"})
    world.service("green", 1, deploymentController={"type": "CODE_DEPLOY"})
    world.run(120)
    world.twin.interrupt([world.tasks()[0]["taskArn"]])
    world.run(100)
    return world


def test_every_ecs_answer_fits_its_model(busy: World) -> None:
    arns = busy.ecs("ListTasks", cluster="prod", desiredStatus="STOPPED")["taskArns"]
    service = busy.describe()
    web, green = {"cluster": "prod", "service": "web"}, {"cluster": "prod", "service": "green"}
    revision = service["currentServiceRevisions"][0]["arn"]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("DescribeClusters", {"clusters": ["prod"], "include": ["TAGS", "SETTINGS"]}),
        ("DescribeServices", {"cluster": "prod", "services": ["web", "green", "x"]}),
        ("DescribeTasks", {"cluster": "prod", "tasks": [*arns, "x"], "include": ["TAGS"]}),
        ("DescribeTaskDefinition", {"taskDefinition": "web", "include": ["TAGS"]}),
        ("DescribeTaskSets", green),
        ("ListServiceDeployments", web),
        ("DescribeServiceRevisions", {"serviceRevisionArns": [revision]}),
        (
            "DescribeServiceDeployments",
            {"serviceDeploymentArns": [service["currentServiceDeployment"]]},
        ),
        ("DescribeCapacityProviders", {}),
        (
            "RunTask",
            {
                "cluster": "prod",
                "taskDefinition": "web",
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": SUBNETS}},
            },
        ),
        ("UpdateService", {**web, "forceNewDeployment": True}),
        ("DeleteService", {**web, "force": True}),
    ]
    model = Session().get_service_model("ecs")
    for operation, params in calls:
        shape = model.operation_model(operation).output_shape
        assert mismatches(shape, busy.ecs(operation, **params), operation) == []


def test_every_elb_answer_fits_its_model(busy: World) -> None:
    group = busy.describe()["loadBalancers"][0]["targetGroupArn"]
    (balancer,) = busy.elb("DescribeLoadBalancers")["LoadBalancers"]
    by_group = {"TargetGroupArn": group}
    model = Session().get_service_model("elbv2")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("DescribeLoadBalancers", {}),
        ("DescribeTargetGroups", {}),
        ("DescribeListeners", {"LoadBalancerArn": balancer["LoadBalancerArn"]}),
        ("DescribeTargetGroupAttributes", by_group),
        ("DescribeTargetHealth", by_group),
        ("DescribeTags", {"ResourceArns": [group]}),
    ]
    for operation, params in calls:
        shape = model.operation_model(operation).output_shape
        assert mismatches(shape, busy.elb(operation, **params), operation) == []


def test_the_answers_of_a_deployment_in_trouble_fit_their_models(world: World) -> None:
    world.__class__ = Green
    assert isinstance(world, Green)
    world.begin()
    alarms = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}
    hooks = pausing("PRE_PRODUCTION_TRAFFIC_SHIFT", timeoutInMinutes=10)
    deploy(world, deploymentConfiguration=hooks | alarms | breaker())
    for status in ("IN_PROGRESS", "ROLLBACK_SUCCESSFUL"):
        world.run(300)
        entry = current(world)
        assert entry["status"] == status
        revision = entry["targetServiceRevision"]["arn"]
        calls: list[tuple[str, dict[str, Any]]] = [
            ("DescribeServices", {"cluster": "prod", "services": ["web"]}),
            ("ListServiceDeployments", {"cluster": "prod", "service": "web"}),
            ("DescribeServiceRevisions", {"serviceRevisionArns": [revision]}),
            (
                "DescribeServiceDeployments",
                {"serviceDeploymentArns": [entry["serviceDeploymentArn"]]},
            ),
        ]
        model = Session().get_service_model("ecs")
        for operation, params in calls:
            shape = model.operation_model(operation).output_shape
            assert mismatches(shape, world.ecs(operation, **params), operation) == []
        if status == "IN_PROGRESS":
            stop(world)
