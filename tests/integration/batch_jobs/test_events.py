"""What ECS tells, late, twice, wrongly or not at all, through the shipped stack.

The ids in the names are those of the acceptance scenarios.
"""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from sandbox.ecs import App
from sandbox.ecs.launch_failures import LaunchFailure
from sandbox.faults import CallFault

SPOT = [{"provider": "FARGATE_SPOT"}]


def task_of(world, family):
    (task,) = [task for task in world.tasks() if task["group"] == f"family:{family}"]
    return task


@contextmanager
def deaf(world, *names):
    """Rules that tell nobody for a while."""
    events, rules = world.account.client("events"), [world.stack.ref(name) for name in names]
    for rule in rules:
        events.disable_rule(Name=rule)
    yield
    for rule in rules:
        events.enable_rule(Name=rule)


@contextmanager
def launcher_away(world):
    """The launch queue is not read for a while."""
    mapping = next(
        each
        for each in world.account.functions.mappings
        if "BatchLaunchQueue" in each.settings.queue_arn
    )
    mapping.close()
    yield
    mapping._closed = False
    mapping._sleep()


def states(world, kind):
    return [alert["state"] for alert in world.alerts() if f":{kind}:" in alert["incident"]]


def test_v1_stopped_counts_once_and_an_older_version_is_ignored(world):
    world.define("once", App(runs_for_s=10, exit_code=1))
    world.submit(job="once", taskDefinition="once", retries={"application": 1, "backoff": "1s"})
    world.run_for(55)
    first = world.ends("once")[0].task
    stopped, running = world.event_of(first, "STOPPED"), world.event_of(first, "RUNNING")

    for event in (stopped, running, stopped):
        world.put(event)
    world.run_for(300)

    assert len(world.ends("once")) == 2
    assert len([task for task in world.tasks() if task["group"] == "family:once"]) == 2


def test_v2_an_event_before_the_answer_of_run_task_is_not_lost(world):
    world.define("quick", App(runs_for_s=0))
    # The answer is lost, and the function that waited for it is gone: the event comes first.
    world.account.faults.add(CallFault("crash-after", service="ecs", operation="RunTask", nth=1))
    world.submit(job="quick", taskDefinition="quick")
    world.run_for(400)

    assert world.run("quick").state == "SUCCEEDED"
    assert task_of(world, "quick")


def test_v3_a_task_that_failed_to_start_is_known_at_once(world):
    world.define("unstartable", App(start_failure="TaskFailedToStart: AGENT"))
    world.submit(
        job="unstartable", taskDefinition="unstartable", retries={"launch": 1, "backoff": "1s"}
    )
    world.run_for(900)

    assert world.run("unstartable").state == "FAILED"
    assert {end.verdict.kind for end in world.ends("unstartable")} == {"not-started"}
    assert len(world.ends("unstartable")) == 2


def test_v6_out_of_memory_gets_the_next_memory_step(world):
    world.define("hungry", App.out_of_memory(5, exit_code=137))
    world.submit(job="hungry", taskDefinition="hungry", memorySteps=["1024", "2048"])
    world.run_for(600)

    memory = [launch["overrides"].get("memory") for launch in world.launches()]
    assert memory == [None, "1024", "2048"]
    assert world.run("hungry").state == "FAILED"


def test_e6_spot_takes_a_task_that_exits_with_0_and_it_runs_again(world):
    world.define("spotty", App(runs_for_s=600, sigterm_exit_code=0))
    world.submit(job="spotty", taskDefinition="spotty", capacity=SPOT)
    world.run_for(100)

    world.account.ecs.interrupt([task_of(world, "spotty")["taskArn"]])
    world.run_for(1200)

    run = world.run("spotty")
    assert (run.state, run.launches, run.interruptions) == ("SUCCEEDED", 2, 1)
    assert world.ends("spotty")[0].verdict.exit_code == 0
    assert world.ends("spotty")[0].next.used.application == 0


def test_v9_the_warning_starts_one_replacement_and_stopped_no_second(world):
    world.define("replaced", App(runs_for_s=600))
    world.submit(job="replaced", taskDefinition="replaced", capacity=SPOT, replaceAtWarning=True)
    world.run_for(100)

    world.account.ecs.interrupt([task_of(world, "replaced")["taskArn"]])
    world.run_for(5)
    assert len(world.launches()) == 2
    world.run_for(1200)

    assert len(world.launches()) == 2
    assert world.run("replaced").state == "SUCCEEDED"


def test_v10_a_person_stops_a_task_and_it_is_not_retried(world):
    world.define("manual", App(runs_for_s=600))
    world.submit(job="manual", taskDefinition="manual", retries={"application": 5})
    world.run_for(100)

    world.account.client("ecs").stop_task(cluster="prod", task=task_of(world, "manual")["taskArn"])
    world.run_for(200)

    assert len(world.launches()) == 1
    assert world.run("manual").state == "FAILED"


def test_v12_tasks_of_services_are_none_of_ours(world):
    world.define("web")
    before = len(world.items())
    world.submit(job="seen", taskDefinition="report")
    world.run_for(100)
    task = world.ends("seen")[0].task
    world.account.trace.clear()
    event = world.event_of_any(task)

    world.put(event, startedBy="ecs-svc/4826173950284617395", taskArn=task[:-4] + "0000")
    world.run_for(10)

    assert world.calls("BatchWriteItem") == []
    assert len(world.items()) > before


def test_r3_a_conflict_adopts_the_task(world, monkeypatch):
    world.define("adopted", App(runs_for_s=60))
    twin = world.account.gateway.simulators["ecs"]
    answer = twin.call

    def call(operation, params, caller):
        from sandbox.errors import ApiError

        if operation == "RunTask" and params["taskDefinition"].endswith("adopted:1"):
            task = answer(operation, params, caller)["tasks"][0]["taskArn"]
            raise ApiError("ConflictException", "other parameters", fields={"resourceIds": [task]})
        return answer(operation, params, caller)

    monkeypatch.setattr(twin, "call", call)
    world.submit(job="adopted", taskDefinition="adopted")
    world.run_for(300)

    assert world.run("adopted").state == "SUCCEEDED"
    assert task_of(world, "adopted")


def test_a_task_of_somebody_elses_schedule_has_a_history_and_an_alert(world):
    world.define("foreign", App(runs_for_s=10, exit_code=3))
    world.account.client("ecs").run_task(
        cluster="prod",
        taskDefinition="foreign",
        launchType="FARGATE",
        startedBy="chronos-schedule/foreign",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
    )
    world.run_for(200)

    run = world.run("chronos-schedule/foreign")
    assert (run.state, run.foreign) == ("FAILED", True)
    (alert,) = world.alerts("failed")
    assert "exit code 3" in alert["summary"]


def test_a_run_task_without_capacity_that_nobody_sees_is_told(world):
    event = json.loads((world.root / "events" / "cloudtrail-run-task-failures.json").read_text())
    world.account.put_event(event)
    world.run_for(30)

    (alert,) = world.alerts("failed")
    assert "Capacity is unavailable" in alert["summary"]
    assert world.metric("ForeignFailures") == 1
    assert world.dead_letters() == []


def test_v8_a_task_without_news_is_asked_about(world):
    world.define("silent", App(runs_for_s=20))
    rule = world.stack.ref("BatchTaskRule")
    world.account.client("events").disable_rule(Name=rule)
    world.submit(job="silent", taskDefinition="silent")
    world.run_for(1000)
    world.account.client("events").enable_rule(Name=rule)

    assert world.run("silent").state == "SUCCEEDED"


def test_a_limit_stops_a_task_and_it_is_not_retried(world):
    world.define("long", App(runs_for_s=5000))
    world.submit(
        job="long", taskDefinition="long", limits={"run": "10m"}, retries={"application": 3}
    )
    world.run_for(1500)

    (end,) = world.ends("long")
    assert end.verdict.kind == "timed-out"
    assert world.run("long").state == "FAILED"


def test_v8_a_task_that_ecs_forgot_is_lost(world):
    world.define("forgotten", App(runs_for_s=20))
    with deaf(world, "BatchTaskRule", "BatchTickRule"):
        world.submit(job="forgotten", taskDefinition="forgotten", retries={"interruption": 0})
        world.run_for(3900)
    world.run_for(700)

    (end,) = world.ends("forgotten")
    assert (end.verdict.kind, end.next.step) == ("lost", "failed")
    assert world.run("forgotten").state == "FAILED"
    assert states(world, "lost") == ["open"]
    assert world.metric("TasksLost") == 1


def test_r4_a_token_that_may_be_forgotten_is_not_used_again(world):
    world.define("brief", App(runs_for_s=120))
    with deaf(world, "BatchTaskRule", "BatchTickRule"):
        # RunTask takes effect, the process dies, and nobody comes back for more than an hour.
        fault = CallFault("crash-after", service="ecs", operation="RunTask", nth=1)
        world.account.faults.add(fault)
        world.submit(job="brief", taskDefinition="brief", retries={"interruption": 0})
        world.run_for(5)
        with launcher_away(world):
            world.run_for(70 * 60)
        assert len(world.launches()) == 1
    world.run_for(900)

    assert len(world.launches()) == 1
    assert world.calls("ListTasks")
    assert world.run("brief").state == "FAILED"
    assert world.ends("brief")[0].verdict.cause == "launch-unknown"


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_r7_a_quota_is_waited_for_and_its_incident_ends(world, apostrophe):
    job = f"quota{ord(apostrophe)}"
    world.define(job)
    reason = f"You{apostrophe}ve reached the limit on the number of vCPUs you can run concurrently"
    world.account.ecs.fail_launches(LaunchFailure(reason, times=2))

    world.submit(job=job, taskDefinition=job)
    world.run_for(900)

    assert world.run(job).state == "SUCCEEDED"
    assert {end.verdict.cause for end in world.ends(job)} == {"quota", "exit-0"}
    assert states(world, "quota") == ["open", "resolved"]


def test_a_run_that_does_not_begin_is_late_and_its_incident_ends(world):
    world.define("tardy")
    with launcher_away(world):
        world.submit(job="tardy", taskDefinition="tardy", alerts={"lateAfter": "2m"})
        world.run_for(1300)
    world.run_for(200)

    assert world.run("tardy").state == "SUCCEEDED"
    assert states(world, "late") == ["open", "resolved"]
    assert world.metric("RunsLate") == 1


def test_a_run_that_takes_too_long_is_told_once_and_goes_on(world):
    world.define("slow", App(runs_for_s=1200))
    world.submit(job="slow", taskDefinition="slow", alerts={"longAfter": "5m"})
    world.run_for(1500)

    assert world.run("slow").state == "SUCCEEDED"
    assert states(world, "long") == ["open", "resolved"]
