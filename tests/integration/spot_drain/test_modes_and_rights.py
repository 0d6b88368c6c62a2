"""What switches draining off, and that IAM, not only code, holds the toolkit back."""

from __future__ import annotations

import pytest

from tests.integration.conftest import web


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
