"""Cloud Map: custom health first, deregistration else (4a5)."""

from __future__ import annotations

import pytest

from sandbox.faults import CallFault
from tests.integration.conftest import web
from tests.integration.spot_drain.ec2 import OnInstances


def registry(world, name: str, *, custom: bool, tags: dict[str, str] | None = None) -> str:
    client = world.account.client("servicediscovery")
    operation = client.create_http_namespace(Name=f"{name}.local")["OperationId"]
    space = client.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    more = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if custom else {}
    service = client.create_service(
        Name=name,
        NamespaceId=space,
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        **more,
    )
    return service["Service"]["Arn"]


def discoverable(world, *, custom: bool, **tags) -> tuple:
    """A Spot service without a load balancer, found by name."""
    world = world(world=False)
    arn = registry(world, "api", custom=custom, tags=tags.get("tags"))
    ecs = world.account.client("ecs")
    ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    ecs.register_task_definition(
        family="api",
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[{"name": "app", "image": "app:1"}],
    )
    ecs.create_service(
        cluster="prod",
        serviceName="api",
        taskDefinition="api",
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
        serviceRegistries=[{"registryArn": arn}],
    )
    world.account.run_for(90)
    world.trace.clear()
    return world, arn.rpartition("/")[2]


def interrupted(world) -> str:
    victim = world.tasks("api")[0]
    world.account.ecs.interrupt([victim])
    world.account.run_for(1)
    return victim.rpartition("/")[2]


def test_4a5_a_task_is_reported_unhealthy_in_its_registry_before_it_stops(operate):
    world, service_id = discoverable(operate, custom=True)

    task_id = interrupted(world)

    (call,) = world.calls("UpdateInstanceCustomHealthStatus", outcome="ok")
    assert call["parameters"] == {
        "ServiceId": service_id,
        "InstanceId": task_id,
        "Status": "UNHEALTHY",
    }
    assert world.calls("DeregisterInstance") == []


def test_4a5_a_registry_without_custom_health_forgets_the_task(operate):
    world, service_id = discoverable(operate, custom=False)

    task_id = interrupted(world)
    world.account.run_for(10)

    (call,) = world.calls("DeregisterInstance", outcome="ok")
    assert call["parameters"] == {"ServiceId": service_id, "InstanceId": task_id}


def test_4a5_a_task_that_ecs_has_removed_already_is_no_fault(operate):
    world, _ = discoverable(operate, custom=True)
    from sandbox.faults import EventFault

    world.account.faults.add(EventFault(delay_s=8))
    interrupted(world)
    world.account.run_for(30)

    assert [call["error"] for call in world.calls("UpdateInstanceCustomHealthStatus")] == [
        "InstanceNotFound"
    ]
    assert world.metric("DrainFailed") == 0


def test_a_registry_whose_owner_wants_it_left_alone_is(operate):
    world, _ = discoverable(operate, custom=True, tags={"ecs-ops:spot-drain": "off"})

    interrupted(world)

    assert {c["outcome"] for c in world.calls("UpdateInstanceCustomHealthStatus")} == {"denied"}
    assert world.metric("DrainFailed") == 0


ROUTE_53 = CallFault(
    "error",
    service="servicediscovery",
    operation="DeregisterInstance",
    code="AccessDeniedException",
    message="User is not authorized to perform: route53:DeleteHealthCheck",
    status=400,
)


def test_a_registry_that_asks_for_rights_of_route_53_is_told_and_fails_nothing(operate):
    world, service_id = discoverable(operate, custom=False)
    world.account.faults.add(ROUTE_53)

    interrupted(world)
    world.account.run_for(200)

    assert len(world.calls("DeregisterInstance")) == 1
    assert (world.metric("DrainFailed"), world.metric("RegistryFailed")) == (0, 1)
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []
    (mail,) = world.mails()
    assert f"Cloud Map service {service_id} names these tasks until they stop" in mail["Message"]


def test_on_instances_a_registry_that_refuses_is_told_with_the_storm(operate):
    on, service_id = on_an_instance(operate)
    on.account.faults.add(ROUTE_53)

    on.account.fleet.interrupt(list(on.account.fleet.instances))
    on.account.run_for(300)

    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []
    assert any(service_id in mail["Message"] for mail in on.world.mails())


def test_on_instances_what_cloud_map_throttles_is_taken_out_a_little_later(operate):
    on, _ = on_an_instance(operate)
    throttled = CallFault(
        "error",
        service="servicediscovery",
        operation="DeregisterInstance",
        code="RequestLimitExceeded",
        message="slow down",
        status=400,
    )
    on.account.faults.add(throttled)

    on.account.fleet.interrupt(list(on.account.fleet.instances))
    on.account.run_for(4)
    assert on.world.calls("DeregisterInstance", outcome="ok") == []
    on.account.faults.clear()
    on.account.run_for(40)

    assert len(on.world.calls("DeregisterInstance", outcome="ok")) == 1
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def on_an_instance(operate) -> tuple[OnInstances, str]:
    """A task in a registry without custom health, which ECS moves nowhere."""
    on = OnInstances(operate(world=False))
    on.launch("eu-west-1a")
    arn = registry(on.world, "api", custom=False)
    on.service(
        "api",
        1,
        serviceRegistries=[{"registryArn": arn, "containerName": "app", "containerPort": 8080}],
    )
    return on, arn.rpartition("/")[2]


@pytest.mark.parametrize("services", [[web()]])
def test_service_connect_and_services_without_a_registry_cost_no_call(operate, services):
    world = operate(services)

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    assert [call for call in world.calls() if call["service"] == "servicediscovery"] == []


@pytest.mark.parametrize(
    ("custom", "operation"),
    [(True, "UpdateInstanceCustomHealthStatus"), (False, "DeregisterInstance")],
)
def test_4b4_the_tasks_on_an_instance_leave_their_registry_at_its_warning(
    operate, custom, operation
):
    """DRAINING alone does not take them out (aws/containers-roadmap#473)."""
    on = OnInstances(operate(world=False))
    arn = registry(on.world, "web", custom=custom)
    one, _ = on.launch(cpu=512)
    entry = {"registryArn": arn, "containerName": "app", "containerPort": 8080}
    on.service(count=2, behind=False, serviceRegistries=[entry])
    (task,) = on.on(one)

    on.account.fleet.interrupt([one])
    on.account.run_for(3)

    (call,) = on.world.calls(operation, outcome="ok")
    assert call["parameters"]["ServiceId"] == arn.rpartition("/")[2]
    assert call["parameters"]["InstanceId"] == task["taskArn"].rpartition("/")[2]
