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


@pytest.mark.parametrize("failing", [16, 24])
def test_calls_that_fail_until_the_task_has_stopped_end_in_one_warning(operate, failing):
    # Four calls a try: the first two tries of the notice and of the event that follows it.
    world = operate()
    drain = world.stack.function("SpotDrainFunction").name
    for n in range(1, failing + 1):
        world.account.faults.add(
            CallFault("error", operation="DescribeServices", function=drain, nth=n)
        )

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(400)

    (mail,) = world.mails()
    assert mail["Subject"].startswith("[warning]")
    assert "in time" not in mail["Subject"]
    assert "calls failed until a task had stopped" in mail["Message"]
    assert world.calls("DeregisterTargets") == []
    assert world.metric("DrainedTooLate") == world.metric("InterruptedTasks") == 1
    assert world.metric("StaleEvents") == 0
    assert world.dead_letters("SpotDrainDeadLetterQueue") == []


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


def test_a_crash_after_the_task_was_drained_is_no_warning_when_it_has_stopped(operate):
    # The verification was scheduled, then the process died: the message comes back after 30 s, and
    # the task has stopped by then.
    fault = CallFault("crash-after", service="sqs", operation="SendMessageBatch", nth=1)
    world = operate(native="broken", faults=[fault])
    event = world.interruption_of(world.tasks("web")[0])
    world.account.client("events").disable_rule(Name=world.stack.ref("SpotInterruptionRule"))

    world.account.client("sqs").send_message(
        QueueUrl=world.stack.queue_url("SpotDrainQueue"), MessageBody=json.dumps(event)
    )
    world.account.run_for(200)

    assert len(world.calls("DescribeTasks")) == 1
    assert world.metric("DrainedTooLate") == 0
    (mail,) = world.mails()
    assert mail["Subject"].startswith("[info]")
    assert world.metric("InterruptedTasks") == world.metric("BackstopDeregistered") == 1


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


def test_a_storm_that_was_never_told_is_not_mixed_with_one_two_hours_later(operate):
    world = operate([web(count=4)])
    world.account.faults.add(CallFault("error", service="dynamodb", operation="BatchGetItem"))
    world.account.ecs.interrupt(world.tasks("web")[:2])
    world.account.run_for(7200)
    assert world.mails() == []
    assert world.dead_letters("SpotDrainDeadLetterQueue"), "or it would be lost in silence"
    world.account.faults.clear()

    began = world.now
    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(200)

    (event,) = [e for c in world.calls("PutEvents") for e in c["parameters"]["Entries"]]
    alert = json.loads(event["Detail"])
    assert alert["title"].startswith("prod/web: Spot took 1 task;")
    assert int(alert["incident"].rpartition("/")[2]) >= int(began)
    assert world.metric("InterruptedTasks") == 3


@pytest.mark.parametrize("value", ["Off", "DRY-RUN", "False"])
def test_the_spelling_of_a_target_groups_tag_does_not_matter(operate, value):
    world = operate()
    world.account.client("elbv2").add_tags(
        ResourceArns=[world.group("web")], Tags=[{"Key": "ecs-ops:spot-drain", "Value": value}]
    )

    world.account.ecs.interrupt([world.tasks("web")[0]])
    world.account.run_for(20)

    assert {call["outcome"] for call in world.calls("DeregisterTargets")} == {"denied"}
