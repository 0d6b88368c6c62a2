"""Schedules whose messages get lost, come late, or name no slot: over an account in memory.

The ids in the names are those of the acceptance scenarios.
"""

from __future__ import annotations

import json

import pytest

from batch_jobs.ids import run_of_slot
from batch_jobs.rows import LOOKED, Looked, RunRow, row_of, run_key
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec
from batch_jobs.times import iso
from ecsops.errors import CallFailed
from ecsops.queue import Message
from tests.unit.batch_jobs.builders import document
from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.fake_functions import KEEP_S, Functions, one_thread

SLOT = "<aws.scheduler.scheduled-time>"
TICK_S, HOUR_S = 300, 3600


@pytest.fixture(autouse=True)
def _in_turn(monkeypatch):
    one_thread(monkeypatch)


@pytest.fixture
def account():
    account = Account()
    account.now -= account.now % HOUR_S
    return account


@pytest.fixture
def functions(account):
    return Functions(account)


def pass_time(account, functions, until, sent=None, job="nightly", period_s=TICK_S):
    """Let Scheduler's messages come (those ``sent``), tasks succeed, and the tick look."""
    spec = json.loads(account.schedules[job]["Target"]["Input"])
    while account.now < until:
        account.now += TICK_S - account.now % TICK_S
        slot = account.now
        if slot % period_s == 0 and (sent is None or slot in sent):
            body = json.dumps(spec).replace(SLOT, iso(slot))
            account.queues["submit"].append(body)
        all_succeed(account, functions)
        account.now = slot + 200
        functions.work(1, tick=True)
        all_succeed(account, functions)


def all_succeed(account, functions):
    functions.work(4)
    for arn, task in list(account.tasks.items()):
        if task["lastStatus"] == "RUNNING":
            account.stop(arn, "EssentialContainerExited", 0)
    functions.work(4)


def states(account, job="nightly"):
    """A job's runs by minutes since the hour at which the story begins."""
    rows = [row_of(item, RunRow) for key, item in account.items.items() if key[0] == f"job#{job}"]
    return {round((row.at - min(one.at for one in rows)) / 60): row.state for row in rows}


def told(account, kind):
    return [one for one in account.alerts if f":{kind}:" in one["incident"]]


@pytest.mark.parametrize(("catch_up", "state"), [("latest", "MISSED"), ("all", "SUCCEEDED")])
def test_c3_a_slot_between_two_that_came_is_missed_or_made_up_for(
    catch_up, state, account, functions
):
    began = account.now
    account.schedule(document(slot=SLOT, catchUp=catch_up), "cron(0/5 * * * ? *)")
    sent = {began + minute * 60 for minute in (5, 10, 20, 25, 30, 35)}

    pass_time(account, functions, began + 36 * 60, sent)

    ended = states(account)
    assert ended.pop(10) == state
    assert ended == dict.fromkeys((0, 5, 15, 20, 25, 30), "SUCCEEDED")
    kinds = [one["state"] for one in told(account, "missed")]
    assert kinds == (["open", "resolved"] if state == "MISSED" else [])
    assert len(account.tasks) == (6 if state == "MISSED" else 7)


def test_c1_a_late_slot_hides_none_before_it(account, functions):
    began = account.now
    account.schedule(document(slot=SLOT), "cron(0 * * * ? *)")
    pass_time(account, functions, began + HOUR_S + 600, period_s=HOUR_S)
    account.queues["submit"].append(json.dumps(document(slot=iso(account.now + 200))))
    pass_time(account, functions, began + 3 * HOUR_S, set(), period_s=HOUR_S)

    assert sorted(states(account).values()) == ["SUCCEEDED"] * 3


def test_c3_what_was_looked_at_is_looked_at_once_and_a_look_costs_few_calls(account, functions):
    for job in ("nightly", *map(str, range(30))):
        account.schedule(document(job=job, slot=SLOT, catchUp="none"), "cron(0 * * * ? *)")
    pass_time(account, functions, account.now + 2 * HOUR_S, set())
    assert [one["state"] for one in told(account, "missed")] == ["open"] * 31
    missing = functions.of_queue["submit"].__self__.missing
    calls = []
    account.faults = lambda _operation: calls.append(1)

    missing.look(account.now)

    # ListSchedules, the jobs' rows, and the row of the last look, read and written.
    assert len(calls) == 4


def test_a_rate_is_counted_from_the_slots_that_came(account, functions):
    began = account.now
    account.now += 20
    account.schedule(document(slot=SLOT), "rate(5 minutes)")
    sent = {began + minute * 60 for minute in (5, 10, 20, 25, 30, 35)}

    pass_time(account, functions, began + 36 * 60, sent)

    ended = states(account)
    assert ended.pop(10) == "MISSED"
    assert ended == dict.fromkeys((0, 5, 15, 20, 25, 30), "SUCCEEDED")


def test_what_cannot_be_looked_at_now_is_looked_at_later_and_holds_up_no_other(
    account, functions, monkeypatch
):
    for job in ("bad", "good"):
        account.schedule(document(job=job, slot=SLOT), "cron(0 * * * ? *)")
    missing = functions.of_queue["submit"].__self__.missing
    submit, broken = type(missing.submitting).submit, [True]

    def fails(self, spec, run, now):
        if spec.job == "bad" and broken:
            raise CallFailed("DescribeTaskDefinition", "ServerException", "busy")
        return submit(self, spec, run, now)

    monkeypatch.setattr(type(missing.submitting), "submit", fails)
    account.now += HOUR_S + 400
    for _ in range(2):
        with pytest.raises(Exception, match="busy"):
            missing.look(account.now)
        account.now += TICK_S
    assert row_of(account.items[LOOKED], Looked).behind.keys() == {"default/bad"}
    broken.clear()
    missing.look(account.now)
    functions.work(4)

    assert {name for name, _ in account.running()} == {
        run_of_slot(job, account.now - account.now % HOUR_S) for job in ("bad", "good")
    }
    assert row_of(account.items[LOOKED], Looked).behind == {}


def test_c7_a_slot_lost_during_a_pause_is_not_made_up_for(account, functions):
    began = account.now
    account.schedule(document(slot=SLOT), "cron(0/5 * * * ? *)")
    account.queues["submit"].append('{"command": "pause", "job": "nightly"}')
    pass_time(account, functions, began + 25 * 60, set())
    account.queues["submit"].append('{"command": "resume", "job": "nightly"}')
    functions.work(1)
    pass_time(account, functions, began + 50 * 60)

    assert set(states(account).values()) == {"SUCCEEDED"}
    assert account.alerts == []


def test_a_refused_slot_between_two_good_ones_is_not_missed(account, functions):
    began = account.now
    account.schedule(document(slot=SLOT, catchUp="none"), "cron(0/5 * * * ? *)")
    sent = {began + minute * 60 for minute in (5, 15, 20, 25, 30)}
    refusing = functions.of_queue["submit"].__self__.refusing
    problem = Problem("$.taskDefinition", "has not opted in", "tag it")
    refusing.refuse(InvalidSpec((problem,), "nightly"), began + 600, began + 601)
    pass_time(account, functions, began + 31 * 60, sent)

    assert set(states(account).values()) == {"SUCCEEDED"}
    assert told(account, "missed") == []
    assert [one["state"] for one in told(account, "refused")] == ["open", "resolved"]


def test_the_first_look_of_all_begins_at_the_last_slot_that_came(account, functions):
    began = account.now
    account.schedule(document(slot=SLOT, catchUp="all"), "cron(0 * * * ? *)")
    pass_time(account, functions, began + 3 * HOUR_S, period_s=HOUR_S)
    del account.items[LOOKED]
    for key in [key for key in account.items if key[0] == "job#nightly"]:
        del account.items[key]

    pass_time(account, functions, began + 4 * HOUR_S, period_s=HOUR_S)

    assert list(states(account).values()) == ["SUCCEEDED"]


def test_slots_before_the_history_are_nobodys(account, functions):
    account.schedule(document(slot=SLOT, catchUp="none"), "cron(0 * * * ? *)")
    account.now += 3 * KEEP_S
    functions.work(4, tick=True)

    rows = [row_of(item, RunRow) for key, item in account.items.items() if "run#" in key[1]]
    assert len(rows) == 20
    assert "so were 3 slots before" in rows[0].reason


@pytest.mark.parametrize(
    ("fields", "said", "runs"),
    [
        ({}, "no slot is written", 4),
        ({"slot": "2026-01-05T08:00:00Z"}, "is always 2026-01-05T08", 1),
    ],
)
@pytest.mark.parametrize("overlap", ["allow", "forbid"])
def test_c12_a_schedule_that_names_no_slot_is_told_of_and_never_made_up_for(
    fields, said, runs, overlap, account, functions
):
    began = account.now
    account.schedule(document(overlap=overlap, **fields), "cron(0/15 * * * ? *)")
    pass_time(account, functions, began + HOUR_S, period_s=900)

    assert len(account.tasks) == runs
    (alert,) = account.alerts
    assert alert["stage"] == "misscheduled"
    assert said in alert["summary"]
    assert SLOT in alert["summary"]

    account.schedule(document(overlap=overlap, slot=SLOT), "cron(0/15 * * * ? *)")
    pass_time(account, functions, began + 2 * HOUR_S, period_s=900)
    assert [one["state"] for one in account.alerts] == ["open", "resolved"]
    assert len(account.tasks) == runs + 4


def test_a_schedule_that_is_gone_is_told_of_no_longer(account, functions):
    account.schedule(document(slot=SLOT), "cron(59 23 31 2 ? *)")
    functions.work(2, tick=True)
    assert "never comes" in told(account, "misscheduled")[0]["summary"]
    account.schedules.clear()
    functions.work(2, tick=True)

    assert [one["state"] for one in account.alerts] == ["open", "resolved"]


def test_who_does_not_want_to_hear_of_refusals_hears_nothing_of_the_schedule(account, functions):
    account.schedule(document(alerts={"on": ["failed"]}), "cron(0 * * * ? *)")
    functions.work(2, tick=True)

    assert account.alerts == []


def test_a_message_that_scheduler_may_still_send_is_not_missed(account, functions):
    began = account.now
    account.schedule(document(slot=SLOT), "cron(0 * * * ? *)", window_m=30)
    pass_time(account, functions, began + HOUR_S + 33 * 60, set())
    assert account.tasks == {}
    pass_time(account, functions, began + HOUR_S + 45 * 60, set())

    assert states(account) == {0: "SUCCEEDED"}


def test_a_slot_whose_submission_died_half_way_is_not_missed(account, functions):
    slot = account.now + HOUR_S
    account.schedule(document(slot=SLOT, catchUp="none"), "cron(0 * * * ? *)")
    functions.work(1, tick=True)
    account.now = slot + 395
    functions.of_queue["submit"]([Message("m0", json.dumps(document(slot=iso(slot))))], account.now)
    # The lock is taken and the plan is there; the run's own row never was.
    run = run_of_slot("nightly", slot)
    del account.items[run_key(run)]
    account.queues["submit"].clear()
    functions.work(4, tick=True)
    all_succeed(account, functions)

    assert states(account) == {0: "SUCCEEDED"}
    assert account.alerts == []


def test_a_late_message_starts_within_the_deadline_where_nothing_is_made_up_for(account, functions):
    began = account.now
    spec = document(slot=SLOT, catchUp="none", startingDeadline="2h")
    account.schedule(spec, "cron(0 * * * ? *)")
    pass_time(account, functions, began + HOUR_S + 1500, set(), period_s=HOUR_S)
    assert told(account, "missed") == []

    account.queues["submit"].append(json.dumps({**spec, "slot": iso(began + HOUR_S)}))
    pass_time(account, functions, began + 4 * HOUR_S + 600, set(), period_s=HOUR_S)

    assert states(account) == {0: "SUCCEEDED", 60: "MISSED"}
