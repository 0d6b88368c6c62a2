"""What switches draining off, and that IAM, not only code, holds the toolkit back."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.conftest import web
from tests.integration.spot_drain.ec2 import OnInstances

MUTATIONS = {
    "CompleteLifecycleAction",
    "DeregisterTargets",
    "RecordLifecycleActionHeartbeat",
    "StopTask",
    "UpdateContainerInstancesState",
    "UpdateInstanceCustomHealthStatus",
}


def switch(world, mode: str) -> None:
    """The stack is deployed again with another mode, in the middle of it all."""
    world.stack.function("SpotDrainFunction").variables["SPOT_DRAIN_MODE"] = mode
    world.account.recycle()
    world.trace.clear()


def mutations(world) -> list[str]:
    return [c["operation"] for c in world.calls() if c["operation"] in MUTATIONS]


@pytest.mark.parametrize(
    ("tags", "stack_mode", "acts"),
    [
        ({}, "on", True),
        ({"ecs-ops:spot-drain": "off"}, "on", False),
        ({"ecs-ops:spot-drain": "dry-run"}, "on", False),
        ({"ecs-ops:spot-drain": "sometimes"}, "on", False),
        ({}, "dry-run", False),
        ({"ecs-ops:spot-drain": "on"}, "dry-run", True),
        ({"ecs-ops:spot-drain": "on"}, "off", False),
    ],
)
def test_tag_and_stack_mode_decide_together(operate, tags, stack_mode, acts):
    world = operate([web(tags=tags)], parameters={"SpotDrainMode": stack_mode})

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    assert bool(world.calls("DeregisterTargets")) is acts


def test_a_dry_run_says_what_it_would_have_done(operate):
    world = operate([web(tags={"ecs-ops:spot-drain": "dry-run"})], native="broken")

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(150)

    assert world.calls("DeregisterTargets") == []
    (mail,) = world.mails()
    assert "(dry run)" in mail["Subject"]
    assert "would have taken 1 out, and did nothing" in mail["Message"]


def test_a_tag_on_the_target_group_outranks_code(operate):
    world = operate()
    world.account.client("elbv2").add_tags(
        ResourceArns=[world.group("web")], Tags=[{"Key": "ecs-ops:spot-drain", "Value": "off"}]
    )

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(300)

    assert [call["outcome"] for call in world.calls("DeregisterTargets")] == ["denied"]
    assert world.dead_letters("SpotDrainDeadLetterQueue") == [], (
        "it is the owner's wish, no failure"
    )
    (mail,) = world.mails()
    assert "nothing was drained" in mail["Subject"]
    assert "Target group web is tagged to be left alone, and was." in mail["Message"]


def test_a_tag_that_nobody_understands_is_told_to_a_person(operate):
    world = operate([web(tags={"ecs-ops:spot-drain": "sometimes"})])

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(150)

    (mail,) = world.mails()
    assert "Tag ecs-ops:spot-drain='sometimes': expected on, dry-run, off" in mail["Message"]


def test_no_call_of_a_whole_storm_is_denied(operate):
    world = operate([web(count=15)], native="broken")

    world.account.ecs.interrupt()
    world.account.run_for(200)

    assert [c.fields for c in world.calls() if c["outcome"] != "ok"] == []


@pytest.mark.parametrize("mode", ["off", "dry-run"])
def test_what_has_begun_ends_when_the_stack_is_switched_off(operate, mode):
    """Neither StopTask nor heartbeats nor an answer for a hook, tags or not."""
    on = OnInstances(operate(world=False))
    one, two = on.group(timeout_s=60)
    on.account.ecs.behave("job", App(stops_in_s=20))
    on.definition("job")
    on.ecs.run_task(
        cluster="prod",
        taskDefinition="job",
        launchType="EC2",
        count=3,
        tags=[{"key": "ecs-ops:spot-drain", "value": "on"}],
    )
    on.account.run_for(60)
    on.account.fleet.interrupt([one])
    on.scale_in(two)
    on.account.run_for(10)
    assert "UpdateContainerInstancesState" in mutations(on.world)

    switch(on.world, mode)
    on.account.run_for(300)

    assert mutations(on.world) == []
    assert on.world.metric("SwitchedOff") >= 2
    assert on.world.dead_letters("SpotDrainDeadLetterQueue") == []


def test_a_hook_that_was_told_as_denied_is_told_as_over_when_the_stack_is_switched_off(operate):
    on = OnInstances(operate(world=False))
    one, _ = on.group(tags={})
    on.scale_in(one)
    on.account.run_for(120)
    assert on.incidents("spot_drain/hook/") == [("spot_drain/hook/spot", "open")]

    switch(on.world, "off")
    on.account.run_for(400)

    assert on.incidents("spot_drain/hook/") == [("spot_drain/hook/spot", "resolved")]
    assert mutations(on.world) == []


def test_a_second_look_takes_nothing_out_when_the_stack_is_switched_off(operate):
    world = operate(native="broken")
    world.account.faults.add(CallFault("error", operation="DeregisterTargets"))
    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(4)
    assert "DeregisterTargets" in mutations(world)

    switch(world, "off")
    world.account.run_for(100)

    assert mutations(world) == []
