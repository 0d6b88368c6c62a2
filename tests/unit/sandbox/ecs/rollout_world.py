"""Deployments of a service, as the tests of their ways to end talk about them."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import App
from tests.unit.sandbox.ecs.ecs_world import World

NO_IMAGE = App(start_failure="CannotPullContainerError: no such image")


def breaker(*, rollback: bool = True, **more: Any) -> dict[str, Any]:
    return {"deploymentCircuitBreaker": {"enable": True, "rollback": rollback, **more}}


def serve(world: World, count: int = 2, **params: Any) -> None:
    """A service that has completed its first deployment."""
    world.service("web", count, **params)
    world.run(120)


def deploy(world: World, *apps: App, **params: Any) -> None:
    """Register the next revision, whose tasks behave like ``apps``, and deploy it."""
    revision = world.task_definition("web").rsplit("/", 1)[1]
    if apps:
        world.twin.behave(revision, *apps)
    world.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web", **params)


def history(world: World) -> list[dict[str, Any]]:
    """Every service deployment, newest first, as DescribeServiceDeployments shows it."""
    listed = world.ecs("ListServiceDeployments", cluster="prod", service="web", maxResults=20)
    arns = [each["serviceDeploymentArn"] for each in listed["serviceDeployments"]]
    return world.ecs("DescribeServiceDeployments", serviceDeploymentArns=arns)["serviceDeployments"]


def current(world: World) -> dict[str, Any]:
    return history(world)[0]


def statuses(world: World) -> list[str]:
    return [each["status"] for each in history(world)]


def stop(world: World) -> dict[str, Any]:
    arn = current(world)["serviceDeploymentArn"]
    return world.ecs("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ROLLBACK")


def told(world: World) -> list[tuple[str, str]]:
    """What EventBridge heard of deployments: name and deployment id."""
    return [
        (each["eventName"].removeprefix("SERVICE_DEPLOYMENT_"), each["deploymentId"])
        for each in world.details("ECS Deployment State Change")
    ]


def said(world: World) -> list[str]:
    """The service's event stream, oldest first."""
    return [event["message"] for event in reversed(world.describe()["events"])]


def served(world: World) -> set[str]:
    """The revisions of the task definition that run."""
    return {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in world.tasks()}
