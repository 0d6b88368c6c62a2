from __future__ import annotations

import json

import pytest

from sandbox.clock import VirtualClock
from sandbox.ecs import App, EcsSettings
from tests.unit.sandbox.ecs.ecs_world import SUBNETS, World, address

# What a documented event of a running Fargate task has.
RUNNING_FIELDS = {
    "attachments",
    "availabilityZone",
    "clusterArn",
    "connectivity",
    "connectivityAt",
    "containers",
    "cpu",
    "createdAt",
    "desiredStatus",
    "enableExecuteCommand",
    "ephemeralStorage",
    "group",
    "lastStatus",
    "launchType",
    "memory",
    "overrides",
    "platformVersion",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "taskArn",
    "taskDefinitionArn",
    "updatedAt",
    "version",
}
STOP_FIELDS = {"executionStoppedAt", "stopCode", "stoppedAt", "stoppedReason", "stoppingAt"}


def run_one(world: World, **params: object) -> dict:
    task = world.run_task(**params)["tasks"][0]
    world.run(60)
    return task


def test_a_task_starts_through_the_documented_states_with_a_new_version_each(world: World) -> None:
    task = run_one(world)
    assert world.history(task["taskArn"]) == [
        ("PROVISIONING", "RUNNING", 1),
        ("PENDING", "RUNNING", 2),
        ("ACTIVATING", "RUNNING", 3),
        ("RUNNING", "RUNNING", 4),
    ]


def test_a_task_event_has_the_documented_fields_and_is_json(world: World) -> None:
    task = run_one(world)
    world.ecs("StopTask", cluster="prod", task=task["taskArn"])
    world.run(120)
    running, stopped = (
        world.details("ECS Task State Change", taskArn=task["taskArn"], lastStatus=status)
        for status in ("RUNNING", "STOPPED")
    )
    assert running[0].keys() == RUNNING_FIELDS
    assert stopped[0].keys() == RUNNING_FIELDS | STOP_FIELDS
    assert json.loads(json.dumps(running)) == running


def test_times_in_events_have_milliseconds_and_a_z(world: World) -> None:
    task = run_one(world)
    detail = world.details("ECS Task State Change", taskArn=task["taskArn"])[-1]
    assert detail["createdAt"] == "2026-01-01T00:00:00.000Z"
    assert all(detail[name].endswith("Z") and len(detail[name]) == 24 for name in ("startedAt",))


def test_the_network_interface_is_called_eni_in_events_only(world: World) -> None:
    task = run_one(world)
    event = world.details("ECS Task State Change", taskArn=task["taskArn"])[-1]
    shown = world.task(task["taskArn"])
    assert [each["type"] for each in event["attachments"]] == ["eni"]
    assert [each["type"] for each in shown["attachments"]] == ["ElasticNetworkInterface"]
    names = [each["name"] for each in shown["attachments"][0]["details"]]
    assert names == [
        "subnetId",
        "networkInterfaceId",
        "macAddress",
        "privateDnsName",
        "privateIPv4Address",
    ]
    interface = shown["containers"][0]["networkInterfaces"][0]
    assert interface["attachmentId"] == shown["attachments"][0]["id"]


def test_service_connect_and_service_discovery_attachments_come_before_the_eni(
    world: World,
) -> None:
    world.service(
        "web",
        1,
        serviceConnectConfiguration={"enabled": True, "namespace": "prod"},
        serviceRegistries=[{"registryArn": "arn:aws:servicediscovery:::service/srv-1"}],
    )
    world.run(60)
    types = [each["type"] for each in world.tasks()[0]["attachments"]]
    assert types == ["Service Connect", "sdi", "ElasticNetworkInterface"]


def test_stopping_a_task_takes_it_out_of_the_load_balancer_before_sigterm(world: World) -> None:
    group = world.target_group(delay=20)
    world.service("web", 1, group)
    world.run(90)
    task = world.tasks()[0]
    world.ecs("StopTask", cluster="prod", task=task["taskArn"], reason="because")
    world.run(10)
    assert world.task(task["taskArn"])["lastStatus"] == "DEACTIVATING"
    assert world.health(group)[address(task), 8080] == "draining"
    world.run(60)
    stopped = world.task(task["taskArn"])
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "UserInitiated")
    assert stopped["stoppedReason"] == "because"
    assert (stopped["executionStoppedAt"] - stopped["stoppingAt"]).total_seconds() > 20
    assert world.targets.lost_request_seconds(group) == {}


def test_stop_task_without_a_reason_says_that_a_user_did_it(world: World) -> None:
    task = run_one(world)
    world.ecs("StopTask", cluster="prod", task=task["taskArn"])
    world.run(60)
    assert world.task(task["taskArn"])["stoppedReason"] == "Task stopped by user"


def test_a_job_ends_by_itself(world: World) -> None:
    world.twin.behave("web", App(runs_for_s=30, exit_code=3))
    task = run_one(world)
    world.run(60)
    stopped = world.task(task["taskArn"])
    assert stopped["stopCode"] == "EssentialContainerExited"
    assert stopped["stoppedReason"] == "Essential container in task exited"
    assert stopped["containers"][0]["exitCode"] == 3
    states = [status for status, _, _ in world.history(task["taskArn"])]
    assert states[-3:] == ["RUNNING", "DEPROVISIONING", "STOPPED"]


def test_a_task_that_fails_to_start_says_why_and_has_no_start_time(world: World) -> None:
    reason = "CannotPullContainerError: ref not found"
    world.twin.behave("web", App(start_failure=reason))
    task = run_one(world)
    stopped = world.task(task["taskArn"])
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("TaskFailedToStart", reason)
    assert "startedAt" not in stopped


def test_the_behaviour_of_one_revision_can_differ(world: World) -> None:
    world.task_definition("web")
    world.twin.behave("web:2", App(start_failure="broken"))
    good = run_one(world, taskDefinition="web:1")
    bad = run_one(world, taskDefinition="web:2")
    assert world.task(good["taskArn"])["lastStatus"] == "RUNNING"
    assert world.task(bad["taskArn"])["stoppedReason"] == "broken"


def test_a_subnet_without_free_addresses_fails_the_task(world: World) -> None:
    world.twin.network.add_subnet("subnet-tiny", "eu-west-1a", "10.9.0.0/29")
    subnet = {"awsvpcConfiguration": {"subnets": ["subnet-tiny"]}}
    tasks = world.run_task(4, networkConfiguration=subnet)["tasks"]
    world.run(60)
    shown = [world.task(task["taskArn"]) for task in tasks]
    failed = [task for task in shown if task["lastStatus"] == "STOPPED"]
    running = sorted(address(task) for task in shown if task["lastStatus"] == "RUNNING")
    assert running == ["10.9.0.4", "10.9.0.5", "10.9.0.6"]
    assert failed[0]["stoppedReason"].endswith(
        "subnet 'subnet-tiny': InsufficientFreeAddressesInSubnet"
    )


def test_addresses_are_given_out_from_the_lowest_and_come_back_when_a_task_is_stopped(
    world: World,
) -> None:
    first, second = run_one(world), run_one(world)
    assert address(world.task(first["taskArn"])) == "10.0.0.4"
    assert address(world.task(second["taskArn"])) == "10.0.0.5"
    world.ecs("StopTask", cluster="prod", task=first["taskArn"])
    world.run(4)
    assert address(world.task(run_one(world)["taskArn"])) == "10.0.0.6"
    assert address(world.task(run_one(world)["taskArn"])) == "10.0.0.4"


def test_stopped_tasks_are_shown_for_an_hour(world: World) -> None:
    world.twin.behave("web", App(runs_for_s=1))
    task = run_one(world)
    world.run(3500)
    assert world.task(task["taskArn"])["lastStatus"] == "STOPPED"
    world.run(120)
    answer = world.ecs("DescribeTasks", cluster="prod", tasks=[task["taskArn"]])
    assert answer["tasks"] == []
    assert answer["failures"] == [{"arn": task["taskArn"], "reason": "MISSING"}]


def test_a_container_health_check_makes_the_task_healthy_with_an_event(world: World) -> None:
    world.task_definition("checked", healthCheck={"command": ["true"], "interval": 10})
    task = world.run_task(taskDefinition="checked")["tasks"][0]
    world.run(60)
    assert world.task(task["taskArn"])["healthStatus"] == "HEALTHY"
    assert [version for _, _, version in world.history(task["taskArn"])] == [1, 2, 3, 4, 5]


def test_an_ipv6_target_group_gets_the_ipv6_address(world: World) -> None:
    world.twin.network.add_subnet("subnet-6", "eu-west-1a", "10.6.0.0/24", "2001:db8::/64")
    group = world.target_group("six", IpAddressType="ipv6")
    subnet = {"awsvpcConfiguration": {"subnets": ["subnet-6"]}}
    world.service("web", 1, group, networkConfiguration=subnet)
    world.run(60)
    assert list(world.health(group)) == [("2001:db8::4", 8080)]
    interface = world.tasks()[0]["containers"][0]["networkInterfaces"][0]
    assert interface["ipv6Address"] == "2001:db8::4"


@pytest.mark.parametrize("seed", [1, 7])
def test_the_same_seed_gives_the_same_run(clock: VirtualClock, seed: int) -> None:
    def run() -> list[dict]:
        inner = VirtualClock(clock.now())
        try:
            world = World(inner, EcsSettings(), seed)
            group = world.target_group()
            world.service("web", 3, group)
            world.run(100)
            world.twin.interrupt(service="web")
            world.run(300)
            return world.events
        finally:
            inner.close()

    first = run()
    assert first == run()
    assert len(first) > 30
    assert len(SUBNETS) == 3
