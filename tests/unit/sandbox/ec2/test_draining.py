"""UpdateContainerInstancesState, DRAINING: what ECS does, and above all what it does not."""

from __future__ import annotations

from sandbox.ecs import App
from tests.unit.sandbox.ec2.machines import Machines

MIN_100 = {"minimumHealthyPercent": 100, "maximumPercent": 200}
MIN_50 = {"minimumHealthyPercent": 50, "maximumPercent": 200}


def test_nothing_new_is_placed_on_a_draining_instance(machines: Machines) -> None:
    one, two = machines.launch()
    machines.definition()
    machines.drain(one)

    machines.on_instances("web", 2)
    machines.run(60)

    assert (len(machines.tasks_on(one)), len(machines.tasks_on(two))) == (0, 2)


def test_replacements_start_elsewhere_and_then_the_tasks_are_stopped(machines: Machines) -> None:
    one, two = machines.launch()
    machines.definition()
    machines.on_instances("web", 2, deploymentConfiguration=MIN_100)
    machines.run(90)

    machines.drain(one)
    machines.run(120)

    assert machines.tasks_on(one) == []
    assert len(machines.tasks_on(two)) == 2


def test_without_spare_capacity_minimum_healthy_100_leaves_the_tasks_where_they_are(
    machines: Machines,
) -> None:
    one, _ = machines.launch(cpu=512)
    machines.definition()
    machines.on_instances("web", 2, deploymentConfiguration=MIN_100)
    machines.run(90)

    machines.drain(one)
    machines.run(600)

    assert len(machines.tasks_on(one)) == 1  # the trap: it would die with the instance


def test_below_100_percent_ecs_stops_tasks_before_there_are_replacements(
    machines: Machines,
) -> None:
    one, _ = machines.launch(cpu=512)
    machines.definition()
    machines.on_instances("web", 2, deploymentConfiguration=MIN_50)
    machines.run(90)

    machines.drain(one)
    machines.run(60)

    assert machines.tasks_on(one) == []


def test_pending_tasks_are_stopped_at_once(machines: Machines) -> None:
    one, _ = machines.launch(cpu=512)
    machines.definition()
    machines.on_instances("web", 2, deploymentConfiguration=MIN_100)
    machines.run(10)

    machines.drain(one)
    machines.run(5)

    assert machines.tasks_on(one) == []


def test_standalone_tasks_are_not_affected(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a")
    machines.definition("job")
    machines.ecs("RunTask", cluster="prod", taskDefinition="job", launchType="EC2")
    machines.run(60)

    machines.drain(one)
    machines.run(600)

    assert [task["desiredStatus"] for task in machines.tasks_on(one)] == ["RUNNING"]


def test_tasks_that_shut_down_are_in_no_count_though_they_still_run(machines: Machines) -> None:
    one, _ = machines.launch()
    machines.definition(stopTimeout=60)
    machines.twin.behave("web", App(stops_in_s=50))
    machines.on_instances("web", 2, deploymentConfiguration=MIN_50)
    machines.run(90)
    (task,) = machines.tasks_on(one)

    machines.drain(one)
    machines.run(20)

    assert machines.instance(one)["runningTasksCount"] == 0
    assert machines.task(task["taskArn"])["lastStatus"] in {"DEACTIVATING", "STOPPING"}


def test_a_daemon_runs_on_every_instance_and_leaves_last(machines: Machines) -> None:
    one, two = machines.launch()
    machines.definition()
    machines.definition("agent")
    machines.on_instances("agent", schedulingStrategy="DAEMON")
    machines.on_instances("web", 2, deploymentConfiguration=MIN_100)
    machines.run(90)
    assert len(machines.tasks("agent")) == 2

    machines.drain(one)
    machines.run(45)
    assert any(task["group"] == "service:agent" for task in machines.tasks_on(one))
    machines.run(120)

    assert machines.tasks_on(one) == []
    assert {task["group"] for task in machines.tasks_on(two)} == {"service:agent", "service:web"}


def test_who_is_taken_out_by_somebody_else_is_not_stopped_by_ecs(machines: Machines) -> None:
    one, _ = machines.launch(cpu=512)
    group = machines.instance_group()
    machines.definition()
    machines.on_instances("web", 2, group, deploymentConfiguration=MIN_100)
    machines.run(120)
    machines.drain(one)

    machines.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": one, "Port": 32768}])
    machines.run(120)

    assert len(machines.tasks_on(one)) == 1
