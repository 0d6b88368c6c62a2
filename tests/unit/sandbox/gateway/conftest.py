from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.caller import Caller
from sandbox.clock import VirtualClock
from sandbox.faults import FaultPlan
from sandbox.gateway.botocore_hook import in_process
from sandbox.gateway.gateway import Gateway
from sandbox.trace import Trace
from tests.unit.sandbox.gateway.stand_ins import (
    ALLOW_ALL,
    FUNCTION_KEY,
    ROLE,
    START,
    FakeSimulator,
    make_client,
)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    virtual = VirtualClock(START)
    yield virtual
    virtual.close()


@pytest.fixture
def trace(clock: VirtualClock) -> Trace:
    return Trace(clock.now)


@pytest.fixture
def ecs() -> FakeSimulator:
    return FakeSimulator()


@pytest.fixture
def elbv2() -> FakeSimulator:
    return FakeSimulator()


@pytest.fixture
def gateway(
    clock: VirtualClock, trace: Trace, ecs: FakeSimulator, elbv2: FakeSimulator
) -> Iterator[Gateway]:
    door = Gateway(clock, trace, simulators={"ecs": ecs, "elbv2": elbv2})
    door.register_principal(
        FUNCTION_KEY, Caller(ROLE, "123456789012", "eu-west-1"), [ALLOW_ALL], "spot-drain"
    )
    yield door
    door.close()


@pytest.fixture
def faults(gateway: Gateway, trace: Trace) -> FaultPlan:
    gateway.faults = FaultPlan(random.Random(7), trace=trace)
    return gateway.faults


@pytest.fixture
def hook(gateway: Gateway) -> Iterator[None]:
    with in_process(gateway):
        yield


@pytest.fixture
def client() -> Callable[..., Any]:
    return make_client
