"""The account that the tests of the ECS twin start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import VirtualClock
from sandbox.ecs import EcsSettings
from tests.unit.sandbox.ecs.ecs_world import START, World


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    clock = VirtualClock(START)
    yield clock
    clock.close()


@pytest.fixture
def world(clock: VirtualClock) -> World:
    return World(clock, EcsSettings())
