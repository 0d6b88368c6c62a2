"""The load balancer that the tests of target groups start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.clock import VirtualClock
from tests.unit.sandbox.elb.elb_balancer import Balancer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    clock = VirtualClock(1_767_225_600.0)
    yield Balancer(clock)
    clock.close()
