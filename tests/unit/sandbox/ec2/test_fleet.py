from __future__ import annotations

import pytest

from sandbox.ec2 import Machine
from sandbox.ec2.fleet import NoSpotCapacity
from tests.unit.sandbox.ec2.machines import Machines

WARNING = "EC2 Spot Instance Interruption Warning"


def warnings(machines: Machines) -> list[dict]:
    return [event for event in machines.events if event["detail-type"] == WARNING]


def test_a_warning_names_the_zone_where_the_region_should_be(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1b")

    assert machines.fleet.interrupt([one]) == [one]
    machines.run(0)

    (event,) = warnings(machines)
    assert event["resources"] == [f"arn:aws:ec2:eu-west-1b:instance/{one}"]
    assert event["detail"] == {"instance-id": one, "instance-action": "terminate"}


def test_two_minutes_later_everything_on_the_instance_is_dead_without_sigterm(
    machines: Machines,
) -> None:
    (one,) = machines.launch("eu-west-1a")
    group = machines.instance_group(HealthCheckIntervalSeconds=30)
    machines.definition()
    machines.on_instances("web", 1, group)
    machines.run(90)
    (task,) = machines.tasks()

    machines.fleet.interrupt([one])
    machines.run(119)
    assert machines.task(task["taskArn"])["desiredStatus"] == "RUNNING"
    machines.run(30)

    dead = machines.task(task["taskArn"])
    assert dead["lastStatus"] == "STOPPED"
    assert dead["stoppedReason"] == f"Host EC2 (instance {one}) terminated."
    assert dead["containers"][0]["exitCode"] == 137
    assert sum(machines.targets.lost_request_seconds(group).values()) > 10


def test_hibernation_begins_at_once(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a")

    machines.fleet.interrupt([one], "hibernate")
    machines.run(0)

    assert machines.instance(one)["agentConnected"] is False


def test_a_stopped_instance_comes_back_under_its_own_id(machines: Machines) -> None:
    (one,) = machines.launch("eu-west-1a")
    machines.fleet.interrupt([one], "stop")
    machines.run(130)

    machines.fleet.start_again(one)

    shape = machines.instance(one)
    assert (shape["status"], shape["agentConnected"]) == ("ACTIVE", True)


def test_only_spot_instances_are_interrupted(machines: Machines) -> None:
    machines.launch("eu-west-1a", spot=False)

    assert machines.fleet.interrupt() == []


@pytest.mark.parametrize("managed", [True, False])
def test_who_drains_natively(machines: Machines, managed: bool) -> None:
    provider = {
        "autoScalingGroupArn": "arn:aws:autoscaling:eu-west-1:1:g",
        "managedDraining": "ENABLED" if managed else "DISABLED",
    }
    machines.ecs("CreateCapacityProvider", name="spot", autoScalingGroupProvider=provider)
    (one,) = machines.launch("eu-west-1a", capacity_provider="spot")
    (agent,) = machines.launch("eu-west-1a", agent_drains=True)

    machines.fleet.interrupt()
    machines.run(3)

    assert machines.instance(one)["status"] == ("DRAINING" if managed else "ACTIVE")
    assert machines.instance(agent)["status"] == "DRAINING"


def test_managed_draining_heeds_rebalance_recommendations_and_the_agent_does_not(
    machines: Machines,
) -> None:
    provider = {"autoScalingGroupArn": "arn:aws:autoscaling:eu-west-1:1:g"}
    machines.ecs("CreateCapacityProvider", name="spot", autoScalingGroupProvider=provider)
    (managed,) = machines.launch("eu-west-1a", capacity_provider="spot")
    (agent,) = machines.launch("eu-west-1a", agent_drains=True)

    machines.fleet.recommend_rebalance([managed, agent])
    machines.run(3)

    assert machines.instance(managed)["status"] == "DRAINING"
    assert machines.instance(agent)["status"] == "ACTIVE"


def test_spot_capacity_comes_and_goes_for_each_zone(machines: Machines) -> None:
    machines.launch("eu-west-1a", "eu-west-1a", "eu-west-1b")

    gone = machines.fleet.spot_capacity("eu-west-1a", 1)
    assert len(gone) == 1
    with pytest.raises(NoSpotCapacity):
        machines.fleet.launch(Machine(), "eu-west-1a")
    machines.fleet.launch(Machine(), "eu-west-1b")
    machines.fleet.spot_capacity("eu-west-1a", None)

    assert machines.fleet.launch(Machine(), "eu-west-1a")
