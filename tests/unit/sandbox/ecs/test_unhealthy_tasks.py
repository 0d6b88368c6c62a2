from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sandbox.ecs import App

if TYPE_CHECKING:
    from ecs_world import World


def test_a_task_that_fails_the_load_balancers_health_checks_is_replaced(world: World) -> None:
    group = world.target_group()
    world.twin.behave("web", App(answers_health_checks=False))
    world.service("web", 1, group)
    world.run(60)
    world.twin.behave("web", App())
    world.run(120)
    stopped = world.tasks(status="STOPPED")[0]
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert stopped["stoppedReason"] == f"Task failed ELB health checks in (target-group {group})"
    assert list(world.health(group).values()) == ["healthy"]


def test_the_grace_period_keeps_an_unhealthy_task(world: World) -> None:
    group = world.target_group()
    world.twin.behave("web", App(answers_health_checks=False))
    world.service("web", 1, group, healthCheckGracePeriodSeconds=300)
    world.run(300)
    assert world.tasks(status="STOPPED") == []
    world.twin.behave("web", App())
    world.run(120)
    assert len(world.tasks(status="STOPPED")) == 1


def test_a_task_that_fails_its_container_health_check_is_replaced(world: World) -> None:
    check = {"command": ["false"], "interval": 5, "retries": 2}
    world.task_definition("checked", healthCheck=check)
    world.twin.behave("checked", App(answers_health_checks=False))
    world.service("web", 1, taskDefinition="checked")
    world.run(120)
    stopped = world.tasks(status="STOPPED")
    assert stopped[0]["stoppedReason"] == "Task failed container health checks"


def test_a_service_that_cannot_start_its_tasks_is_impaired_and_slows_down(world: World) -> None:
    world.twin.behave("web", App(start_failure="CannotPullContainerError"))
    world.service("web", 1)
    world.run(6000)
    impaired = world.details("ECS Service Action", eventName="SERVICE_TASK_START_IMPAIRED")
    assert [(each["eventType"], each.get("reason")) for each in impaired] == [("WARN", None)]
    stops = [
        each["stoppingAt"] for each in world.details("ECS Task State Change", lastStatus="STOPPED")
    ]
    moments = [datetime.fromisoformat(each) for each in stops]
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    waits = [0, 240, 480, 960, 1620, 1620]
    assert gaps == pytest.approx([wait + 25 for wait in waits], abs=8)
    assert world.describe()["deployments"][0]["failedTasks"] == 7


def test_an_interrupted_task_fails_no_deployment(world: World) -> None:
    world.service("web", 1)
    world.run(60)
    world.twin.interrupt(service="web")
    world.run(60)
    assert world.describe()["deployments"][0]["failedTasks"] == 0


def test_a_target_group_that_is_deleted_under_a_service_breaks_nothing(world: World) -> None:
    group = world.target_group("doomed")
    world.service("web", 1, group)
    world.run(60)
    world.elb(
        "DeleteListener", ListenerArn=world.elb("DescribeListeners")["Listeners"][0]["ListenerArn"]
    )
    world.elb("DeleteTargetGroup", TargetGroupArn=group)
    world.twin.interrupt(service="web")
    world.run(120)
    assert [task["lastStatus"] for task in world.tasks()] == ["RUNNING"]
