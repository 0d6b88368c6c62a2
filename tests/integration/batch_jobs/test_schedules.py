"""Slots, overlap, pauses and missed runs, through the shipped stack.

The ids in the names are those of the acceptance scenarios.
"""

from __future__ import annotations

import json

from batch_jobs.ids import run_of_slot
from batch_jobs.times import iso
from sandbox.ecs import App
from sandbox.faults import CallFault

SLOT = "<aws.scheduler.scheduled-time>"


def schedule(world, spec, expression="rate(1 hour)", **more):
    outputs = world.stack
    world.account.client("scheduler").create_schedule(
        Name=spec["job"],
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": world.account.client("sqs").get_queue_attributes(
                QueueUrl=outputs.queue_url("BatchSubmitQueue"), AttributeNames=["QueueArn"]
            )["Attributes"]["QueueArn"],
            "RoleArn": world.role,
            "Input": json.dumps(spec),
        },
        **more,
    )


def test_a_schedule_becomes_a_run_of_its_slot(world):
    world.define("hourly")
    schedule(world, world.spec(job="hourly", taskDefinition="hourly", slot=SLOT))

    world.run_for(3600 + 200)
    world.account.client("scheduler").delete_schedule(Name="hourly")

    # A rate is due at once when its schedule is made.
    first, second = world.runs("hourly")
    assert (first.state, second.state) == ("SUCCEEDED", "SUCCEEDED")
    assert [run.run for run in (first, second)] == [
        run_of_slot("hourly", run.slot) for run in (first, second)
    ]
    assert second.slot - first.slot == 3600
    assert world.alerts() == []


def test_c3_past_the_deadline_it_is_missed_once_with_one_alert(world):
    world.define("strict")
    slot = iso(world.now - 7200)
    spec = {"job": "strict", "taskDefinition": "strict", "slot": slot, "startingDeadline": "1h"}

    world.submit(**spec)
    world.submit(**spec)
    world.run_for(700)

    assert world.run("strict").state == "MISSED"
    assert len(world.alerts("missed")) == 1
    assert world.launches() == []


def test_c4_forbid_starts_late_if_the_other_ends_in_time(world):
    world.define("heldback", App(runs_for_s=300))
    common = {"job": "heldback", "taskDefinition": "heldback", "startingDeadline": "30m"}
    first, second = world.now, world.now + 1

    world.submit(slot=iso(first), **common)
    world.run_for(60)
    world.submit(slot=iso(second), **common)
    world.run_for(60)
    assert [run.state for run in world.runs("heldback")] == ["RUNNING", "WAITING"]
    world.run_for(900)

    assert [run.state for run in world.runs("heldback")] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(world.launches()) == 2


def test_c4_forbid_is_over_when_the_deadline_is(world):
    world.define("overdue", App(runs_for_s=400))
    common = {"job": "overdue", "taskDefinition": "overdue", "startingDeadline": "2m"}

    world.submit(slot=iso(world.now), **common)
    world.run_for(30)
    world.submit(slot=iso(world.now), **common)
    world.run_for(900)

    assert sorted(run.state for run in world.runs("overdue")) == ["MISSED", "SUCCEEDED"]
    assert len(world.launches()) == 1


def test_c5_replace_stops_first_and_then_starts(world):
    world.define("swap", App(runs_for_s=3000))
    common = {"job": "swap", "taskDefinition": "swap", "overlap": "replace"}

    world.submit(**common)
    world.run_for(60)
    world.submit(**common)
    world.run_for(300)

    first, second = world.runs("swap")
    assert (first.state, second.state) == ("CANCELLED", "RUNNING")
    ours = [task for task in world.tasks() if task["group"] == "family:swap"]
    old, new = ours
    assert old["stoppedAt"] <= new["createdAt"]
    world.command("cancel", run=second.run, by="test")
    world.run_for(200)


def test_c5_replace_starts_nothing_as_long_as_the_stop_fails(world):
    world.define("stuck", App(runs_for_s=3000))
    common = {"job": "stuck", "taskDefinition": "stuck", "overlap": "replace"}
    world.submit(**common)
    world.run_for(60)
    world.account.faults.add(CallFault("error", service="ecs", operation="StopTask"))
    world.submit(**common)
    world.run_for(400)

    assert len(world.calls("StopTask")) > 1
    assert [run.state for run in world.runs("stuck")] == ["STOPPING", "WAITING"]
    assert len(world.launches()) == 1

    world.account.faults.clear()
    world.run_for(400)
    assert [run.state for run in world.runs("stuck")] == ["CANCELLED", "RUNNING"]
    world.command("cancel", run=world.runs("stuck")[1].run, by="test")
    world.run_for(200)


def test_c6_allow_runs_both(world):
    world.define("both", App(runs_for_s=300))
    for _ in range(2):
        world.submit(job="both", taskDefinition="both", overlap="allow")
    world.run_for(100)

    assert [run.state for run in world.runs("both")] == ["RUNNING", "RUNNING"]
    world.run_for(500)


def test_c7_a_paused_job_runs_nothing_and_misses_nothing(world):
    world.define("paused")
    common = {"job": "paused", "taskDefinition": "paused"}
    world.command("pause", job="paused")
    world.run_for(5)
    world.submit(slot=iso(world.now), **common)
    world.run_for(60)

    assert world.run("paused").state == "SKIPPED"
    assert world.launches() == []
    world.command("resume", job="paused")
    world.run_for(5)
    world.submit(slot=iso(world.now), **common)
    world.run_for(200)
    assert [run.state for run in world.runs("paused")] == ["SKIPPED", "SUCCEEDED"]
    assert world.alerts() == []


def test_c9_a_slot_is_run_once_however_often_it_comes(world):
    world.define("twice")
    spec = {"job": "twice", "taskDefinition": "twice", "slot": iso(world.now)}
    for _ in range(3):
        world.submit(**spec)
    world.run_for(200)
    world.submit(**spec)
    world.run_for(100)

    assert world.run("twice").state == "SUCCEEDED"
    assert len(world.launches()) == 1


def test_c11_of_two_at_the_same_moment_forbid_lets_one_run(world):
    world.define("race", App(runs_for_s=120))
    for _ in range(2):
        world.submit(job="race", taskDefinition="race")
    world.run_for(400)

    assert sorted(run.state for run in world.runs("race")) == ["SKIPPED", "SUCCEEDED"]
    assert len(world.launches()) == 1


def test_c12_a_slot_that_scheduler_did_not_fill_in_is_refused_with_an_alert(world):
    world.submit(job="literal", slot=SLOT)
    world.run_for(30)

    (alert,) = world.alerts("refused")
    assert "$.slot" in alert["title"]
    assert "\\u003c" in alert["summary"]
    assert world.launches() == []


def test_j6_a_cancel_stops_every_shard(world):
    world.define("endless", App(runs_for_s=9000))
    world.submit(job="endless", taskDefinition="endless", fanOut={"count": 5}, parallelism=3)
    world.run_for(60)

    world.command("cancel", run=world.run("endless").run, by="anna")
    world.run_for(200)

    run = world.run("endless")
    assert (run.state, run.by, run.failed) == ("CANCELLED", "anna", "1f")
    ours = [task for task in world.tasks() if task["group"] == "family:endless"]
    assert len(ours) == 3
    assert {task["lastStatus"] for task in ours} == {"STOPPED"}
    world.run_for(300)
    assert world.agenda() == [], "the next tick clears what nothing can come of"


def test_what_failed_is_run_again_and_nothing_else(world):
    world.define("flaky", App(runs_for_s=10, exit_code=1))
    world.submit(job="flaky", taskDefinition="flaky", fanOut={"count": 2})
    world.run_for(150)
    assert len(world.alerts("failed")) == 1
    world.account.ecs.behave("flaky", App(runs_for_s=10))

    world.command("rerun", run=world.run("flaky").run, failedShards=True)
    world.run_for(150)

    assert [run.state for run in world.runs("flaky")] == ["FAILED", "SUCCEEDED"]
    assert [alert["state"] for alert in world.alerts("failed")] == ["open", "resolved"]
    assert world.job("flaky").incidents == {}


def test_j5_a_run_asked_for_before_the_one_it_depends_on_waits_for_no_tick(world):
    world.define("later", App(runs_for_s=20))
    world.define("sooner", App(runs_for_s=5))
    slot = iso(world.now)
    sooner = {"taskDefinition": "sooner", "slot": slot}
    world.submit(job="sooner", dependsOn=[{"job": "later"}], **sooner)
    each = [{"job": "later", "type": "nToN"}]
    world.submit(job="by-shard", dependsOn=each, fanOut={"count": 2}, **sooner)
    world.run_for(20)
    assert world.launches() == []

    shards = {"fanOut": {"count": 2}, "parallelism": 1}
    world.submit(job="later", taskDefinition="later", slot=slot, **shards)
    world.run_for(250)

    later, whole, by_shard = (world.run(job) for job in ("later", "sooner", "by-shard"))
    assert [run.state for run in (later, whole, by_shard)] == ["SUCCEEDED"] * 3
    assert 0 <= whole.started - later.ended < 15
    assert later.started + 20 < by_shard.started < later.ended, "its first shard waits for one only"


def test_a_run_that_waits_is_late_too_and_told_so_once(world):
    world.define("long", App(runs_for_s=1500))
    common = {"job": "behind", "taskDefinition": "long", "overlap": "queue"}
    world.submit(slot=iso(world.now), **common)
    world.run_for(30)
    world.submit(slot=iso(world.now), alerts={"lateAfter": "11m"}, **common)

    world.run_for(1300)

    first, second = world.runs("behind")
    assert (first.state, second.state) == ("RUNNING", "WAITING")
    (alert,) = world.alerts("late")
    assert second.run in alert["title"]
    assert f"waits for {first.run}" in alert["summary"]
    assert alert["at"] == second.slot
    world.run_for(500)
    assert [alert["state"] for alert in world.alerts("late")] == ["open", "resolved"]
    world.command("cancel", run=second.run, by="test")
    world.run_for(300)
