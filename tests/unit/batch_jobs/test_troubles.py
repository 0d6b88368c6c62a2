"""What must not spread, hang or stay silent: the shipped parts over an account in memory."""

import contextlib
import io
import json

import msgspec
import pytest

from batch_jobs import agenda, stopping
from batch_jobs.inputs import Inputs
from batch_jobs.rows import AttemptRow, JobRow, LogPlace, Plan, encode, job_key, plan_key, row_of
from batch_jobs.spec_reading import InvalidSpec
from batch_jobs.times import iso
from ecsops.queue import Message
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Died
from tests.unit.batch_jobs.fake_functions import KEEP_S, Functions
from tests.unit.batch_jobs.histories import RETRIES, alerts, ask, tick

ROUTED = {"alerts": {"route": "team-a"}}


def test_a_launch_that_cannot_be_made_fails_its_run_and_holds_up_no_other(
    account, functions, monkeypatch
):
    calls = functions.of_queue["launch"].__self__.launcher.calls
    item = calls.endings.plans.item

    def broken(plan, shard):
        if plan.spec.job == "broken":
            raise IndexError(shard)
        return item(plan, shard)

    monkeypatch.setattr(
        type(calls.endings.plans), "item", lambda _, plan, shard: broken(plan, shard)
    )
    bad = ask(account, "broken", fanOut={"count": 3}, retries={"launch": 1, "backoff": "1s"})
    good = ask(account, "good")

    functions.work(20)

    assert len(account.running(good)) == 1
    assert functions.run(bad).state == "FAILED"
    assert not account.running(bad)


def test_a_request_that_the_sdk_refuses_fails_the_run_at_once(account, functions, monkeypatch):
    from botocore.exceptions import ParamValidationError

    ecs = functions.of_queue["launch"].__self__.launcher.calls.ecs
    made = []

    def refuse(**request):
        made.append(request)
        raise ParamValidationError(report="Invalid type for parameter overrides.cpu")

    monkeypatch.setattr(ecs, "run_task", refuse)
    run = ask(account)

    functions.work(10)

    assert functions.run(run).state == "FAILED"
    assert "overrides.cpu" in functions.run(run).reason
    assert len(made) == 1


def test_a_task_that_runs_although_its_launch_was_refused_is_stopped(account, functions):
    run = ask(account)
    account.ghosts = 1

    functions.work(10)
    assert len(account.running(run)[run, "0"]) == 2
    functions.work(4, tick=True)

    (left,) = account.running(run)[run, "0"]
    assert account.tasks[left]["startedBy"].endswith("/2")


def test_an_end_that_nobody_told_of_does_not_hold_up_a_stop(account, functions):
    run = ask(account, fanOut={"count": 2})
    functions.work(4)
    account.queues["submit"].append(json.dumps({"command": "cancel", "run": run}))
    (arn,) = account.running(run)[run, "0"]
    account.stop(arn, "EssentialContainerExited", 0)
    account.queues["track"].clear()

    for _ in range(4):
        account.now += 300
        functions.work(4, tick=True)

    assert functions.run(run).state == "CANCELLED"
    assert row_of(account.items[job_key("nightly")], JobRow).active == ()


def test_while_nothing_but_refusals_comes_a_run_is_late(account, functions):
    account.refusals = [True] * 500
    run = ask(account)
    for _ in range(4):
        account.now += 300
        functions.work(8, tick=True)

    assert functions.run(run).started is None
    (alert,) = alerts(account, "late")
    assert run in alert["title"]


def test_j5_a_run_is_not_late_while_the_one_on_which_it_depends_runs(account, functions):
    slot = account.now
    ask(account, "extract")
    report = ask(account, "report", dependsOn=[{"job": "extract"}])
    promised = ask(account, "promised", dependsOn=[{"job": "extract"}], alerts={"lateAfter": "30m"})
    lonely = ask(account, "lonely", dependsOn=[{"job": "nobody"}])
    functions.work(4)
    for _ in range(12):
        account.now += 300
        functions.work(2, tick=True)
    assert {one["incident"].split(":")[1] for one in alerts(account, "late")} == {
        "promised",
        "lonely",
    }
    assert functions.run(lonely).state == "WAITING"

    # And when that is over, it has ten minutes.
    account.refusals = [True] * 500
    (extract,) = account.tasks
    account.stop(extract, "EssentialContainerExited", 0)
    functions.work(6)
    account.now += 500
    functions.work(2, tick=True)
    assert not [one for one in alerts(account, "late") if report in one["title"]]
    account.now += 300
    functions.work(2, tick=True)
    (alert,) = [one for one in alerts(account, "late") if report in one["title"]]
    assert alert["at"] == slot
    assert functions.run(promised).started is None


def test_slots_that_are_skipped_behind_the_same_run_are_told_of_once(account, functions):
    hanging = ask(account)
    functions.work(4)
    for _ in range(4):
        account.now += 3600
        ask(account)
        functions.work(4)

    (alert,) = alerts(account, "blocked")
    assert hanging in alert["title"]
    (arn,) = account.running(hanging)[hanging, "0"]
    account.stop(arn, "EssentialContainerExited", 0)
    functions.work(4)
    assert [one["state"] for one in alerts(account, "blocked")] == ["open", "resolved"]


def test_one_skipped_slot_is_what_forbid_is_for(account, functions):
    ask(account)
    functions.work(4)
    account.now += 3600
    ask(account)
    functions.work(4)

    assert alerts(account, "blocked") == []


def test_a_job_that_fails_and_recovers_again_and_again_is_told_once(account, functions):
    def run_ends(code):
        account.now += 3600
        run = ask(account, retries={**RETRIES, "application": 0})
        functions.work(4)
        (arn,) = account.running(run)[run, "0"]
        account.stop(arn, "EssentialContainerExited", code)
        functions.work(4)
        return run

    for code in (1, 0, 1, 0):
        run_ends(code)
    assert [one["state"] for one in alerts(account, "failed")] == ["open", "resolved"] * 2
    assert alerts(account, "flapping") == []
    last = run_ends(1)
    (told,) = alerts(account, "flapping")
    assert last in told["next_steps"][1]["command"]

    for code in (0, 1, 0, 1, 1, 1, 1):
        run_ends(code)
    # A single failure is silent, the second in a row is told as ever, and not every one after it.
    assert [one["state"] for one in alerts(account, "failed")][4:] == ["open"]
    assert told["severity"] == "critical"

    for code in (0, 1, 0, 0, 0, 0):
        run_ends(code)
    assert [one["state"] for one in alerts(account, "failed")][5:] == ["resolved"]
    assert [one["state"] for one in alerts(account, "flapping")] == ["open"]
    run_ends(0)
    assert [one["state"] for one in alerts(account, "flapping")] == ["open", "resolved"]


def test_a_run_outlives_the_history(account, functions):
    run = ask(account, fanOut={"count": 2})
    functions.work(4)
    began = account.now
    account.now += KEEP_S * 0.7
    functions.work(4, tick=True)

    kept = [key for key in account.items if key[0] in (f"run#{run}", "job#nightly")]
    assert len(kept) == 4
    for key in kept:
        assert int(account.items[key]["expires_at"]["N"]) > began + KEEP_S * 1.5, key


def test_a_job_remembers_its_last_slot_for_longer_than_a_year(account, functions):
    ask(account)
    functions.work(4)

    expires = int(account.items[job_key("nightly")]["expires_at"]["N"])
    assert expires > account.now + 366 * 86_400


def test_a_run_of_which_nothing_is_left_gives_back_its_lock(account, functions):
    run = ask(account)
    functions.work(4)
    for key in [key for key in account.items if run in "".join(key)]:
        del account.items[key]

    functions.work(6, tick=True)

    assert row_of(account.items[job_key("nightly")], JobRow).active == ()
    assert functions.run(run).state == "FAILED"
    assert len(alerts(account, "failed")) == 1


def test_a_run_again_is_due_now(account, functions):
    first = ask(account, startingDeadline="1h", retries={"application": 0})
    functions.work(4)
    (arn,) = account.running(first)[first, "0"]
    account.stop(arn, "EssentialContainerExited", 1)
    functions.work(4)
    account.now += 86_000
    account.queues["submit"].append(json.dumps({"command": "rerun", "run": first}))

    functions.work(6)

    ((run, _),) = account.running()
    assert functions.run(run).slot is None
    assert functions.run(run).started - functions.run(run).at < 60
    assert alerts(account, "late") == []


def test_a_slot_in_the_future_is_refused(account, functions):
    document = builders.document(slot=iso(account.now + 400))
    account.queues["submit"].append(json.dumps(document))

    functions.work(4)

    (alert,) = alerts(account, "refused")
    assert "$.slot" in alert["title"]
    assert account.tasks == {}


def test_a_job_that_nobody_knows_is_no_dependency(account, functions):
    document = builders.document(dependsOn=[{"job": "extrct"}])
    account.queues["submit"].append(json.dumps(document))

    functions.work(4)

    (alert,) = alerts(account, "refused")
    assert "$.dependsOn[0].job" in alert["title"]
    assert account.tasks == {}


def test_shard_by_shard_needs_as_many_shards(account, functions):
    ask(account, "first", fanOut={"count": 2})
    run = ask(account, fanOut={"count": 3}, dependsOn=[{"job": "first", "type": "nToN"}])

    functions.work(6)

    assert functions.run(run).state == "FAILED"
    assert "has 2 shards, not 3" in functions.run(run).reason


def test_shard_by_shard_waits_for_a_run_that_is_not_there_no_longer_than_the_limit(
    account, functions
):
    each = [{"job": "never", "type": "nToN"}]
    run = ask(account, fanOut={"count": 3}, dependsOn=each, limits={"queue": "1h"})
    functions.work(6)
    assert functions.run(run).state == "WAITING"
    account.now += 3700
    functions.work(6, tick=True)

    assert functions.run(run).state == "FAILED"


def test_of_many_tasks_others_are_stopped_with_each_step():
    run = builders.run(stopping_at=builders.NOW)
    tasks = list(range(250))
    asked = [stopping._turn(tasks, run, builders.NOW + 5 * step) for step in range(3)]

    assert set().union(*asked) == set(tasks)
    assert all(len(each) == 100 for each in asked)
    assert stopping._turn([1, 2], run, builders.NOW + 50) == [1, 2]


def test_a_row_that_is_written_twice_in_a_call_is_written_once(account, functions):
    ledger = functions.of_queue["submit"].__self__.ledger
    key = plan_key("nightly-20260105T090000Z-000000")
    ledger.put_many([(key, AttemptRow(at=1.0)), (key, AttemptRow(at=2.0))], account.now)

    assert ledger.get(key, AttemptRow).row.at == 2.0


def test_a_request_with_a_key_is_one_run_however_often_it_is_sent(account, functions):
    document = builders.document(key="order-17", fanOut={"count": 2})
    for _ in range(3):
        account.queues["submit"].append(json.dumps(document))
        functions.work(3)
        # So that it is another message, and at another time.
        document["tags"] = {"sent": str(account.now)}
    assert len(account.tasks) == 2

    (run,) = {name for name, _ in account.running()}
    for shard in "01":
        account.stop(account.running(run)[run, shard][0], "EssentialContainerExited", 1)
    functions.work(5)
    again = {"command": "rerun", "run": run, "failedShards": True, "key": "again"}
    for by in ("anna", "ben"):
        account.queues["submit"].append(json.dumps(again | {"by": by}))
        functions.work(3)
    assert len(account.tasks) == 4


def test_a_cluster_of_another_region_is_refused():
    with pytest.raises(InvalidSpec, match=r"\$\.cluster: it is in us-east-1"):
        builders.planned(cluster="arn:aws:ecs:us-east-1:123456789012:cluster/prod")
    assert builders.planned(cluster="arn:aws:ecs:eu-west-1:123456789012:cluster/prod")


def test_a_log_in_another_region_is_pointed_to(account, functions):
    run = ask(account)
    functions.work(4)
    key = plan_key(run)
    plan = row_of(account.items[key], Plan)
    place = LogPlace(group="/ecs/report", prefix="report", region="us-east-1")
    account.items[key]["body"]["S"] = encode(msgspec.structs.replace(plan, log=place))
    functions = Functions(account)
    (arn,) = account.running(run)[run, "0"]
    account.stop(arn, "EssentialContainerExited", 1)
    functions.work(5)
    assert functions.run(run).log == (
        "Its log is in us-east-1, log group /ecs/report: read it there.",
    )


def test_many_retries_of_one_job_hold_up_no_other(account, functions, monkeypatch):
    monkeypatch.setattr(agenda, "_MOST_ROWS", 100)
    big = ask(account, "big", fanOut={"count": 240}, capacity=[{"launchType": "EC2"}])
    functions.work(10)
    assert len(account.running(big)) == 240
    for arns in list(account.running(big).values()):
        account.stop(arns[0], "SpotInterruption", 137)
    functions.work(1)
    small = ask(account, "small", capacity=[{"launchType": "EC2"}])

    functions.work(1)

    assert len(account.running(small)) == 1
    assert len(account.running(big)) < 100
    functions.work(10)
    assert len(account.running(big)) == 240


def test_many_runs_that_wait_for_their_own_shards_hold_up_no_other(account, functions, monkeypatch):
    monkeypatch.setattr(agenda, "_MOST_ROWS", 100)
    runs = [
        ask(
            account,
            f"job-{n}",
            fanOut={"count": 2},
            parallelism=1,
            capacity=[{"launchType": "EC2"}],
        )
        for n in range(105)
    ]
    functions.work(40)
    assert len(account.tasks) == len(runs)
    small = ask(account, "small", capacity=[{"launchType": "EC2"}])
    functions.work(4)
    assert len(account.running(small)) == 1


def test_a_run_by_hand_that_is_turned_away_is_told(account, functions):
    ask(account)
    functions.work(4)
    account.queues["submit"].append(json.dumps(builders.document()))
    functions.work(4)
    (told,) = alerts(account, "blocked")
    assert "by hand" in told["title"]
    assert "is active" in told["summary"]


def test_while_the_mode_is_off_a_run_by_hand_is_refused_and_a_slot_is_left(account, monkeypatch):
    functions = Functions(account, off=True)
    ask(account)
    functions.work(4)
    assert (account.items, account.alerts) == ({}, [])
    account.queues["submit"].append(json.dumps(builders.document()))
    functions.work(4)
    (told,) = alerts(account, "refused")
    assert "BatchJobsMode is off" in told["summary"]
    assert account.tasks == {}


def test_the_first_alert_of_a_job_already_takes_its_route(account, functions):
    document = builders.document(
        job="late", slot=iso(account.now - 7200), startingDeadline="1h", **ROUTED
    )
    account.queues["submit"].append(json.dumps(document))
    account.queues["submit"].append(json.dumps(builders.document(job="bad", overlap="x", **ROUTED)))
    account.queues["submit"].append(json.dumps(builders.document(job="odd", fanOut={}, **ROUTED)))
    functions.work(4)
    assert len(account.alerts) == 3
    assert {one["route"] for one in account.alerts} == {"team-a"}


def test_what_nobody_wants_to_hear_of_is_not_told(account, functions):
    account.quota = 0
    ask(account, "full", alerts={"on": ["failed"]})
    quiet = builders.document(job="bad", fanOut={}, alerts={"on": ["failed"]})
    account.queues["submit"].append(json.dumps(quiet))
    ask(account, "gone", alerts={"on": ["failed"]}, retries={"interruption": 50})
    functions.work(4)
    assert account.launches > 1
    account.quota = None
    functions.work(10)
    account.unseen = set(account.tasks)
    tick(account, functions, 70)
    assert account.alerts == []


def test_a_slot_that_is_skipped_is_counted_once_whoever_dies(account, functions):
    ask(account)
    functions.work(4)
    account.now += 3600
    slot = ask(account)
    functions.of_queue["submit"]([Message("m", account.queues["submit"].pop())], account.now)
    finish = [body for body in account.queues["submit"] if "finish" in body]
    closing = functions.of_queue["submit"].__self__.closing
    for dies_at in range(4, 14):
        calls = iter(range(1, 100))
        account.faults = lambda _, calls=calls, at=dies_at: "died" if next(calls) == at else None
        with contextlib.suppress(Died):
            closing.close(slot, account.now)
        account.faults = lambda _: None
    functions.work(4)

    assert finish
    assert functions.run(slot).closed
    assert row_of(account.items[job_key("nightly")], JobRow).skipped == 1
    assert alerts(account, "blocked") == []


class Bucket:
    """An object in S3, whichever is asked for."""

    def __init__(self, content):
        self.content = content

    def get_object(self, **_):
        return {"ContentLength": len(self.content), "Body": io.BytesIO(self.content)}


def test_a_line_of_an_object_is_what_ends_with_a_line_break(account):
    lines = ['{"title": "line\u2028sep"}', "a\x0bb\x0cc\x1cd\x85e", " spaced "]
    content = "\r\n".join([lines[0], "", *lines[1:], ""]).encode("utf-8-sig")
    inputs = Inputs(None, lambda: Bucket(content))
    assert inputs.items(builders.spec(fanOut={"lines": "s3://inputs/lines.txt"})) == tuple(lines)
