"""What a redelivered message, or a process that remembers nothing, makes of work already done."""

from __future__ import annotations

import json

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.conftest import web

LONG_LIVED = web(containers=[{"name": "app", "port": 8080, "stop_timeout": "110s"}])


def test_calls_that_always_fail_end_in_the_dead_letter_queue_not_in_silence(operate):
    world = operate(faults=[CallFault("error", service="ecs", operation="DescribeServices")])

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(400)

    assert world.dead_letters("SpotDrainDeadLetterQueue")


def test_calls_that_fail_until_the_task_has_stopped_end_in_one_warning(operate):
    # The operator's own calls meet no faults; the function's first tries do: four of each message.
    faults = [
        CallFault("error", service="ecs", operation="DescribeServices", nth=n) for n in range(1, 40)
    ]
    world = operate(faults=faults)

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(400)

    subjects = [mail["Subject"] for mail in world.mails()]
    assert subjects or world.dead_letters("SpotDrainDeadLetterQueue")
    assert not any("in time" in subject for subject in subjects)


def test_a_later_event_in_another_process_is_not_news(operate):
    world = operate([LONG_LIVED])
    world.account.ecs.behave("web", App(stops_in_s=100, accepts_until="exit"))
    ecs = world.account.client("ecs")
    ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
    world.account.run_for(600)
    world.trace.clear()

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(60)
    world.account.recycle()
    world.account.run_for(200)

    assert len(world.mails()) == 1
    assert world.metric("InterruptedTasks") == 1
    assert world.metric("NativeDeregistered") + world.metric("BackstopDeregistered") == 1


def test_what_the_first_try_did_before_it_died_is_not_credited_to_ecs(operate):
    # Only the message that is tried again: a later event of the task, read by a fresh process, cannot
    # tell whose work it sees.
    fault = CallFault("crash-after", service="elbv2", operation="DeregisterTargets", nth=1)
    world = operate([LONG_LIVED], native="broken", faults=[fault])
    event = world.interruption_of(world.tasks("web")[0])
    world.account.client("events").disable_rule(Name=world.stack.ref("SpotInterruptionRule"))

    world.account.client("sqs").send_message(
        QueueUrl=world.stack.queue_url("SpotDrainQueue"), MessageBody=json.dumps(event)
    )
    world.account.run_for(200)

    assert len(world.trace.select("invocation", cold=True)) >= 2
    assert world.metric("NativeDeregistered") == 0


def test_a_look_that_always_fails_wakes_nobody_when_the_target_is_out(operate):
    fault = CallFault("error", service="elbv2", operation="DescribeTargetHealth")
    world = operate([LONG_LIVED], native="broken", faults=[fault])
    victim = world.tasks("web")[0]
    address = world.address(victim)

    world.account.ecs.interrupt([victim])
    world.account.run_for(300)

    assert world.deregistered() == {(address, 8080)}
    assert not any("CRITICAL" in mail["Subject"] for mail in world.mails())


def test_a_storm_two_hours_later_is_another_one(operate):
    world = operate([web(count=3)])

    for _ in range(2):
        world.account.ecs.interrupt([world.tasks("web")[0]])
        world.account.run_for(7200)

    assert [mail["Subject"].partition("Spot took ")[2][:6] for mail in world.mails()] == [
        "1 task"
    ] * 2
    assert world.metric("InterruptedTasks") == 2


@pytest.mark.parametrize("value", ["Off", "DRY-RUN", "False"])
def test_the_spelling_of_a_target_groups_tag_does_not_matter(operate, value):
    world = operate()
    world.account.client("elbv2").add_tags(
        ResourceArns=[world.group("web")], Tags=[{"Key": "ecs-ops:spot-drain", "Value": value}]
    )

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    assert {call["outcome"] for call in world.calls("DeregisterTargets")} == {"denied"}
