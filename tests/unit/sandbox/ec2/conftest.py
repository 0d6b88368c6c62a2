"""The account that the tests of instances start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import VirtualClock
from tests.unit.sandbox.ec2.machines import Machines
from tests.unit.sandbox.ecs.ecs_world import START


@pytest.fixture
def machines() -> Iterator[Machines]:
    clock = VirtualClock(START)
    yield Machines(clock)
    clock.close()
