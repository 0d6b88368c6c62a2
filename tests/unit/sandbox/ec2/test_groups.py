from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.ec2 import Machine
from sandbox.ec2.hooks import Hook
from sandbox.errors import ApiError
from tests.unit.sandbox.ec2.machines import ZONES, Machines
from tests.unit.sandbox.ecs.ecs_world import CALLER

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:drain"


def autoscaling(machines: Machines, operation: str, **params: Any) -> dict[str, Any]:
    return machines.groups.call(operation, params, CALLER)


def group(machines: Machines, *hooks: Hook, desired: int = 1) -> list[str]:
    made = machines.groups.create("spot", Machine(), desired, ZONES, hooks=hooks)
    machines.run(60)
    return list(made.ids)


def token(machines: Machines) -> str:
    return machines.details("EC2 Instance-terminate Lifecycle Action")[-1]["LifecycleActionToken"]


def answer(machines: Machines, operation: str, **more: Any) -> None:
    names = {"AutoScalingGroupName": "spot", "LifecycleHookName": "drain"}
    autoscaling(machines, operation, **names, **more)


def scale_in(machines: Machines, instance: str) -> None:
    autoscaling(
        machines,
        "TerminateInstanceInAutoScalingGroup",
        InstanceId=instance,
        ShouldDecrementDesiredCapacity=True,
    )
    machines.run(0)


def test_a_group_spreads_over_zones_and_keeps_its_size(machines: Machines) -> None:
    ids = group(machines, desired=3)
    assert {machines.fleet.instances[each].zone for each in ids} == set(ZONES)

    machines.fleet.end(ids[0])
    machines.run(15)

    assert len(machines.groups.groups["spot"].ids) == 3


def test_a_hook_holds_the_instance_until_it_is_completed(machines: Machines) -> None:
    (one,) = group(machines, Hook("drain"))
    scale_in(machines, one)
    machines.run(600)
    assert machines.fleet.instances[one].state == "running"

    done = {"LifecycleActionToken": token(machines), "LifecycleActionResult": "CONTINUE"}
    answer(machines, "CompleteLifecycleAction", **done)

    assert machines.fleet.instances[one].state == "terminated"
    with pytest.raises(ApiError, match="No active Lifecycle Action found with token"):
        answer(machines, "CompleteLifecycleAction", **done)


def test_without_an_answer_the_default_result_comes_after_the_timeout(machines: Machines) -> None:
    (one,) = group(machines, Hook("drain", timeout_s=300, default_result="CONTINUE"))
    scale_in(machines, one)
    machines.run(299)
    assert machines.fleet.instances[one].state == "running"
    machines.run(2)

    assert machines.groups.results == [(one, "CONTINUE")]
    assert machines.fleet.instances[one].state == "terminated"


def test_heartbeats_hold_it_longer_but_not_for_ever(machines: Machines) -> None:
    (one,) = group(machines, Hook("drain", timeout_s=30, default_result="CONTINUE"))
    scale_in(machines, one)
    for _ in range(149):
        machines.run(20)
        answer(machines, "RecordLifecycleActionHeartbeat", LifecycleActionToken=token(machines))
    assert machines.fleet.instances[one].state == "running"
    machines.run(30)

    assert machines.fleet.instances[one].state == "terminated"  # 100 times the timeout


def test_a_hook_with_a_target_is_told_without_an_envelope_and_tested_first(
    machines: Machines,
) -> None:
    (one,) = group(machines)
    autoscaling(
        machines,
        "PutLifecycleHook",
        AutoScalingGroupName="spot",
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        NotificationTargetARN=QUEUE,
        RoleARN="arn:aws:iam::123456789012:role/notify",
    )
    machines.run(0)
    scale_in(machines, one)

    test, told = (json.loads(body) for _, body in machines.sent)
    assert test["Event"] == "autoscaling:TEST_NOTIFICATION"
    assert (told["EC2InstanceId"], told["LifecycleActionToken"]) == (one, token(machines))
    assert "detail" not in told


def test_a_hook_does_not_hold_what_spot_takes(machines: Machines) -> None:
    (one,) = group(machines, Hook("drain"))

    machines.fleet.interrupt([one])
    machines.run(121)

    assert machines.fleet.instances[one].state == "terminated"
    with pytest.raises(ApiError, match="No active Lifecycle Action"):
        answer(
            machines,
            "CompleteLifecycleAction",
            LifecycleActionToken=token(machines),
            LifecycleActionResult="CONTINUE",
        )


def test_without_spot_capacity_the_launch_fails_and_is_tried_again(machines: Machines) -> None:
    for zone in ZONES:
        machines.fleet.spot_capacity(zone, 0)
    machines.groups.create("spot", Machine(), 1, ZONES)
    machines.run(1)
    failed = machines.details("EC2 Instance Launch Unsuccessful")[0]
    assert failed["StatusMessage"].startswith("Could not launch Spot Instances")

    machines.fleet.spot_capacity(ZONES[1], None)
    machines.run(60)

    assert len(machines.groups.groups["spot"].ids) == 1


def test_what_spot_takes_from_a_group_without_hooks_keeps_its_two_minutes(
    machines: Machines,
) -> None:
    group = machines.groups.create("spot", Machine(), 1, ZONES[:1])
    machines.run(60)
    (one,) = group.ids
    machines.fleet.interrupt([one])
    machines.run(110)
    assert machines.fleet.instances[one].state == "running"
    machines.run(20)
    assert machines.fleet.instances[one].state == "terminated"
