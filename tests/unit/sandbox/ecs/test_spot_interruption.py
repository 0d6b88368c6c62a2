from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.ecs import App, EcsSettings
from tests.unit.sandbox.ecs.ecs_world import World, address

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def interrupted(world: World) -> dict:
    task = world.tasks()[0]
    assert world.twin.interrupt([task["taskArn"]]) == [task["taskArn"]]
    return task


def with_native(clock: VirtualClock, mode: str, **more: float) -> World:
    return World(clock, EcsSettings(native_spot_deregistration=mode, **more))


def test_the_first_event_says_stopped_is_wanted_while_the_task_still_runs(world: World) -> None:
    world.service("web", 2)
    world.run(60)
    task = interrupted(world)
    world.run(0)
    event = world.events[-1]
    assert event["source"] == "aws.ecs"
    assert event["resources"] == [task["taskArn"]]
    assert event["time"] == "2026-01-01T00:01:00Z"
    detail = event["detail"]
    assert (detail["lastStatus"], detail["desiredStatus"]) == ("RUNNING", "STOPPED")
    assert detail["stopCode"] == "SpotInterruption"
    assert detail["stoppedReason"] == "Your Spot Task was interrupted."
    assert detail["capacityProviderName"] == "FARGATE_SPOT"
    assert detail["version"] == task["version"] + 1
    assert detail["updatedAt"] == "2026-01-01T00:01:00.000Z"


def test_every_event_of_an_interruption_carries_the_reason_and_a_rising_version(
    world: World,
) -> None:
    world.service("web", 1)
    world.run(60)
    task = interrupted(world)
    world.run(200)
    details = world.details("ECS Task State Change", taskArn=task["taskArn"])[4:]
    assert [each["lastStatus"] for each in details] == [
        "RUNNING",
        "DEACTIVATING",
        "STOPPING",
        "DEPROVISIONING",
        "STOPPED",
    ]
    assert [each["version"] for each in details] == [5, 6, 7, 8, 9]
    assert {each["stopCode"] for each in details} == {"SpotInterruption"}
    assert details[-1]["containers"][0]["exitCode"] == 0


def test_works_deregisters_before_sigterm_so_that_nothing_is_lost(clock: VirtualClock) -> None:
    world = with_native(clock, "works")
    group = world.target_group()
    world.service("web", 2, group)
    world.run(90)
    task = interrupted(world)
    world.run(3)
    assert world.health(group)[address(task), 8080] == "draining"
    assert world.task(task["taskArn"])["lastStatus"] == "DEACTIVATING"
    world.run(200)
    assert world.targets.lost_request_seconds(group) == {}
    assert world.targets.lost_traffic_seconds(group) == 0


def test_broken_sends_sigterm_at_once_and_loses_requests_until_the_task_is_stopped(
    clock: VirtualClock,
) -> None:
    world = with_native(clock, "broken", jitter=0)
    group = world.target_group(HealthyThresholdCount=2, UnhealthyThresholdCount=10)
    world.twin.behave("web", App(stops_in_s=2))
    world.service("web", 2, group)
    world.run(90)
    task = interrupted(world)
    key = (address(task), 8080)
    world.run(3)
    assert world.health(group)[key] == "healthy"
    world.run(10.9)
    assert world.health(group)[key] == "healthy"
    world.run(2)
    assert world.health(group)[key] == "draining"
    # SIGTERM at 0 s, exit at 2 s, STOPPED 12 s later; one of two targets until the third came.
    assert world.targets.lost_request_seconds(group) == {key: pytest.approx(14.0)}
    assert world.targets.lost_traffic_seconds(group) == pytest.approx(7.0)


def test_broken_with_an_application_that_serves_until_its_end_loses_less(
    clock: VirtualClock,
) -> None:
    world = with_native(clock, "broken", jitter=0)
    group = world.target_group(UnhealthyThresholdCount=10)
    world.twin.behave("web", App(stops_in_s=25, accepts_until="exit"))
    world.service("web", 2, group)
    world.run(90)
    task = interrupted(world)
    world.run(60)
    lost = world.targets.lost_request_seconds(group)
    assert lost == {(address(task), 8080): pytest.approx(12.0)}


def test_somebody_elses_deregistration_ends_the_loss(clock: VirtualClock) -> None:
    world = with_native(clock, "broken", jitter=0)
    group = world.target_group(UnhealthyThresholdCount=10)
    world.service("web", 2, group)
    world.run(90)
    task = interrupted(world)
    world.run(1.5)
    target = {"Id": address(task), "Port": 8080}
    world.elb("DeregisterTargets", TargetGroupArn=group, Targets=[target])
    world.run(60)
    lost = world.targets.lost_request_seconds(group)
    assert lost == {(address(task), 8080): pytest.approx(1.5)}


def test_late_deregisters_after_sigterm(clock: VirtualClock) -> None:
    world = with_native(clock, "late", jitter=0)
    group = world.target_group(UnhealthyThresholdCount=10)
    world.twin.behave("web", App(stops_in_s=30))
    world.service("web", 2, group)
    world.run(90)
    task = interrupted(world)
    world.run(19)
    assert world.health(group)[address(task), 8080] == "healthy"
    world.run(2)
    assert world.health(group)[address(task), 8080] == "draining"
    world.run(60)
    lost = world.targets.lost_request_seconds(group)
    assert lost == {(address(task), 8080): pytest.approx(20.0)}


def test_sigkill_comes_after_stop_timeout(clock: VirtualClock) -> None:
    world = with_native(clock, "broken")
    world.task_definition("slow", stopTimeout=45)
    world.twin.behave("slow", App(stops_in_s=600))
    world.service("slow", 1, taskDefinition="slow")
    world.run(60)
    task = world.tasks("slow")[0]
    world.twin.interrupt(service="slow")
    world.run(100)
    stopped = world.task(task["taskArn"])
    assert stopped["containers"][0]["exitCode"] == 137
    assert (stopped["executionStoppedAt"] - stopped["stoppingAt"]).total_seconds() == 45


def test_the_capacity_is_gone_two_minutes_after_the_notice(clock: VirtualClock) -> None:
    world = with_native(clock, "works")
    world.task_definition("slow", stopTimeout=120)
    world.twin.behave("slow", App(stops_in_s=600))
    world.service("slow", 1, taskDefinition="slow")
    world.run(60)
    task = world.tasks("slow")[0]
    world.twin.interrupt(service="slow")
    world.run(180)
    stopped = world.task(task["taskArn"])
    assert (stopped["executionStoppedAt"] - stopped["stoppingAt"]).total_seconds() == 120
    assert stopped["containers"][0]["exitCode"] == 137


def test_the_scheduler_starts_one_replacement_on_spot_at_once(world: World) -> None:
    world.service("web", 2)
    world.run(60)
    before = {task["taskArn"] for task in world.tasks()}
    interrupted(world)
    world.run(2)
    new = [task for task in world.tasks() if task["taskArn"] not in before]
    assert [task["capacityProviderName"] for task in new] == ["FARGATE_SPOT"]
    assert len(world.tasks()) == 2


def test_a_whole_zone_can_be_interrupted(world: World) -> None:
    world.service("web", 6)
    world.run(60)
    arns = world.twin.interrupt(availability_zone="eu-west-1b")
    assert len(arns) == 2
    assert {world.task(arn)["availabilityZone"] for arn in arns} == {"eu-west-1b"}


def test_on_demand_tasks_cannot_be_interrupted(world: World) -> None:
    world.service("web", 2, launchType="FARGATE")
    world.run(60)
    assert world.twin.interrupt(service="web") == []
    assert {task["desiredStatus"] for task in world.tasks()} == {"RUNNING"}


def test_a_task_is_interrupted_only_once(world: World) -> None:
    world.service("web", 1)
    world.run(60)
    interrupted(world)
    assert world.twin.interrupt(service="web") == []


def test_a_task_that_never_ran_can_be_interrupted_too(world: World) -> None:
    world.service("web", 1)
    world.run(5)
    task = interrupted(world)
    world.run(60)
    stopped = world.task(task["taskArn"])
    assert stopped["stopCode"] == "SpotInterruption"
    assert "startedAt" not in stopped
    assert "exitCode" not in stopped["containers"][0]


def test_a_standalone_spot_task_is_interrupted_and_not_replaced(world: World) -> None:
    task = world.run_task(capacityProviderStrategy=SPOT)["tasks"][0]
    world.run(60)
    assert world.twin.interrupt([task["taskArn"]]) == [task["taskArn"]]
    world.run(60)
    assert world.ecs("ListTasks", cluster="prod")["taskArns"] == []


def test_a_replacement_gets_the_address_of_the_task_that_is_gone(world: World) -> None:
    group = world.target_group()
    subnet = {"awsvpcConfiguration": {"subnets": ["subnet-a"]}}
    world.service("web", 2, group, networkConfiguration=subnet)
    world.run(90)
    old = interrupted(world)
    world.run(120)
    world.twin.interrupt([world.tasks()[0]["taskArn"]])
    world.run(120)
    reused = [task for task in world.tasks() if address(task) == address(old)]
    assert len(reused) == 1
    assert world.health(group)[address(old), 8080] == "healthy"
    assert address(world.task(old["taskArn"])) == address(old)


def test_an_interrupted_task_counts_as_running_and_is_not_meant_to_run(world: World) -> None:
    world.service("web", 2)
    world.run(60)
    world.twin.spot_capacity(0)
    world.twin.interrupt([world.tasks()[0]["taskArn"]])
    meant = world.ecs("ListTasks", cluster="prod", serviceName="web", desiredStatus="RUNNING")
    assert (world.describe()["runningCount"], len(meant["taskArns"])) == (2, 1)
