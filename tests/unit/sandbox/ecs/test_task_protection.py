"""Tasks that protect themselves from scale-in and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from ecs_world import World


def protect(world: World, arns: list[str], *, on: bool = True, **more: int) -> dict:
    return world.ecs(
        "UpdateTaskProtection", cluster="prod", tasks=arns, protectionEnabled=on, **more
    )


def running(world: World) -> set[str]:
    return {task["taskArn"] for task in world.tasks()}


def scale(world: World, count: int) -> None:
    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=count)
    world.run(60)


@pytest.fixture
def four(world: World) -> list[str]:
    world.service(count=4)
    world.run(120)
    return sorted(running(world))


def test_a_scale_in_stops_the_others(world: World, four: list[str]) -> None:
    protect(world, four[:2])
    scale(world, 1)
    assert running(world) == set(four[:2]), "more than are desired: ECS waits"
    protect(world, four[:1], on=False)
    world.run(60)
    assert running(world) == {four[1]}


@pytest.mark.parametrize("minutes", [None, 5])
def test_protection_ends_by_itself(world: World, four: list[str], minutes: int | None) -> None:
    began = world.clock.now()
    answer = protect(world, four, **({} if minutes is None else {"expiresInMinutes": minutes}))
    ends = {task["expirationDate"].timestamp() for task in answer["protectedTasks"]}
    assert ends == {began + 60 * (minutes or 120)}
    scale(world, 0)
    assert len(running(world)) == 4
    world.run(60 * (minutes or 120))
    assert running(world) == set()


def test_asking_again_resets_the_time(world: World, four: list[str]) -> None:
    protect(world, four[:1], expiresInMinutes=2)
    world.run(90)
    protect(world, four[:1], expiresInMinutes=2)
    scale(world, 0)
    assert running(world) == {four[0]}
    world.run(90)
    assert running(world) == set()


def test_a_deployment_waits_for_the_protected(world: World, four: list[str]) -> None:
    protect(world, four[:1], expiresInMinutes=30)
    world.task_definition()
    world.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web")
    world.run(600)
    assert running(world) & set(four) == {four[0]}
    assert len(world.describe()["deployments"]) == 2
    world.run(1800)
    assert not running(world) & set(four)
    assert len(world.describe()["deployments"]) == 1


def test_nothing_protects_from_being_stopped_by_name(world: World, four: list[str]) -> None:
    protect(world, four[:1])
    world.ecs("StopTask", cluster="prod", task=four[0])
    world.run(60)
    assert four[0] not in running(world)
    answer = world.ecs("GetTaskProtection", cluster="prod", tasks=four[:1])
    assert answer["failures"] == [{"arn": four[0], "reason": "MISSING"}]


def test_it_is_shown_and_tasks_of_no_service_have_none(world: World, four: list[str]) -> None:
    (alone,) = world.run_task()["tasks"]
    protect(world, four[:1])
    answer = world.ecs("GetTaskProtection", cluster="prod", tasks=[*four[:2], alone["taskArn"]])
    assert [task["protectionEnabled"] for task in answer["protectedTasks"]] == [True, False]
    assert "expirationDate" not in answer["protectedTasks"][1]
    assert answer["failures"] == [{"arn": alone["taskArn"], "reason": "TASK_NOT_VALID"}]


@pytest.mark.parametrize(
    ("tasks", "more"),
    [(0, {}), (11, {}), (1, {"expiresInMinutes": 0}), (1, {"expiresInMinutes": 2881})],
)
def test_what_ecs_refuses(world: World, four: list[str], tasks: int, more: dict) -> None:
    with pytest.raises(ApiError, match="InvalidParameterException"):
        protect(world, (four * 3)[:tasks], **more)
