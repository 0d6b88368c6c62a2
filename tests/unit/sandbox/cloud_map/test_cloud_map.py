from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.cloud_map import CloudMap
from sandbox.ecs import EcsSettings
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import CALLER, START, World


class Registry:
    """A Cloud Map service and what it shows."""

    def __init__(self, clock: VirtualClock, *, custom: bool) -> None:
        self.cloud_map = CloudMap(clock, random.Random(1))
        self.call("CreateHttpNamespace", Name="shop")
        space = next(iter(self.cloud_map._namespaces))
        more: dict[str, Any] = {"HealthCheckCustomConfig": {}} if custom else {}
        service = self.call("CreateService", Name="web", NamespaceId=space, **more)["Service"]
        self.arn, self.id = service["Arn"], service["Id"]

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.cloud_map.call(operation, params, CALLER)

    def found(self) -> list[str]:
        answer = self.call("DiscoverInstances", NamespaceName="shop", ServiceName="web")
        return [each["InstanceId"] for each in answer["Instances"]]


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    clock = VirtualClock(START)
    yield clock
    clock.close()


def registered(clock: VirtualClock, *ids: str, custom: bool) -> Registry:
    registry = Registry(clock, custom=custom)
    for each in ids:
        registry.call("RegisterInstance", ServiceId=registry.id, InstanceId=each, Attributes={})
    clock.run_for(10)
    return registry


def test_registering_and_deregistering_only_submit_an_operation(clock: VirtualClock) -> None:
    registry = registered(clock, "a", "b", custom=False)
    answer = registry.call("DeregisterInstance", ServiceId=registry.id, InstanceId="a")
    assert registry.found() == ["a", "b"]

    clock.run_for(10)

    operation = registry.call("GetOperation", OperationId=answer["OperationId"])["Operation"]
    assert operation["Status"] == "SUCCESS"
    assert registry.found() == ["b"]
    with pytest.raises(ApiError, match="InstanceNotFound"):
        registry.call("DeregisterInstance", ServiceId=registry.id, InstanceId="a")


def test_a_second_deregistration_meanwhile_is_a_duplicate_request(clock: VirtualClock) -> None:
    registry = registered(clock, "a", custom=False)
    registry.call("DeregisterInstance", ServiceId=registry.id, InstanceId="a")

    with pytest.raises(ApiError, match="DuplicateRequest"):
        registry.call("DeregisterInstance", ServiceId=registry.id, InstanceId="a")


def test_custom_health_changes_after_half_a_minute(clock: VirtualClock) -> None:
    registry = registered(clock, "a", "b", custom=True)
    asked = {"ServiceId": registry.id, "InstanceId": "a", "Status": "UNHEALTHY"}
    registry.call("UpdateInstanceCustomHealthStatus", **asked)
    clock.run_for(29)
    assert registry.found() == ["a", "b"]

    clock.run_for(2)

    assert registry.found() == ["b"]


def test_when_all_are_unhealthy_all_are_found(clock: VirtualClock) -> None:
    registry = registered(clock, "a", custom=True)
    asked = {"ServiceId": registry.id, "InstanceId": "a", "Status": "UNHEALTHY"}
    registry.call("UpdateInstanceCustomHealthStatus", **asked)
    clock.run_for(60)

    assert registry.found() == ["a"]


def test_a_service_without_custom_health_refuses_the_status(clock: VirtualClock) -> None:
    registry = registered(clock, "a", custom=False)
    with pytest.raises(ApiError, match="CustomHealthNotFound"):
        registry.call(
            "UpdateInstanceCustomHealthStatus",
            ServiceId=registry.id,
            InstanceId="a",
            Status="UNHEALTHY",
        )


def test_ecs_registers_its_tasks_by_their_ids_and_forgets_them_when_they_stop(
    clock: VirtualClock,
) -> None:
    world = World(clock, EcsSettings(jitter=0))
    registry = Registry(clock, custom=True)
    world.twin.connect(cloud_map=registry.cloud_map)
    world.service("web", 2, serviceRegistries=[{"registryArn": registry.arn}])
    world.run(60)
    ids = {task["taskArn"].rsplit("/", 1)[1] for task in world.tasks()}
    assert set(registry.found()) == ids

    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=1)
    world.run(5)

    assert len(registry.found()) == 1
