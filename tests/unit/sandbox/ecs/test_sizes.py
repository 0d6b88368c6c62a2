"""Sizes that ECS refuses: of a task definition, and of a task by its overrides."""

from __future__ import annotations

import pytest

from sandbox.ecs.sizes import check_size
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import World

FARGATE = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
PAIR = [
    {"name": "app", "memory": 384},
    {"name": "log", "memory": 256, "memoryReservation": 128},
]


def said(shape, **overrides):
    with pytest.raises(ApiError) as refused:
        check_size(shape, overrides)
    assert refused.value.code == "ClientException"
    return str(refused.value)


def test_fargate_has_certain_sizes():
    check_size(FARGATE)
    check_size(FARGATE, {"memory": "2048"})
    check_size({**FARGATE, "cpu": "1 vCPU", "memory": "2 GB"})
    assert "256 CPU, 4096 memory" in said(FARGATE, memory="4096")
    assert "512 CPU, 512 memory" in said({**FARGATE, "cpu": "512"})
    check_size({**FARGATE, "requiresCompatibilities": ["EC2"], "memory": "600"})


def test_the_containers_share_the_memory_of_their_task():
    pair = {**FARGATE, "containerDefinitions": PAIR}
    check_size(pair)
    more = [{"name": "app", "memory": 385}]
    assert "reserve 513 MiB" in said(pair, containerOverrides=more)
    check_size(pair, {"memory": "1024", "containerOverrides": more})
    check_size({"containerDefinitions": PAIR})


def test_register_task_definition_and_run_task_ask(world: World) -> None:
    with pytest.raises(ApiError, match="No Fargate configuration"):
        world.run_task(overrides={"memory": "4096"})
    definition = {**FARGATE, "family": "odd", "containerDefinitions": [{"name": "a", "image": "a"}]}
    with pytest.raises(ApiError, match="No Fargate configuration"):
        world.ecs("RegisterTaskDefinition", **{**definition, "memory": "513"})
    world.ecs("RegisterTaskDefinition", **definition)
