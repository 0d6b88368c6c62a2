"""Two functions at once: all of one happens while the other waits for the answer to one of its calls."""

import json

import pytest

from batch_jobs.ids import run_of_slot
from batch_jobs.rows import JobRow, RunRow, job_key, row_of
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.histories import (
    ask,
    at,
    attempts,
    cancel,
    deliver,
    end,
    running,
    state,
    ticks,
    work,
)

CALLS = range(1, 30)


def at_every_call(begin, queue, meanwhile, check):
    """A message is worked on; at each of its calls, in turn, something else happens."""
    for nth in CALLS:
        account = Account()
        begin(account)
        met = at(account, None, lambda account=account: meanwhile(account), nth=nth)
        deliver(account, queue, "first")
        if not met():
            assert nth > 5, "it makes several calls"
            return
        check(account)
    pytest.fail("it makes more calls than are tried")


def states(account):
    rows = [item for key, item in account.items.items() if key[0] == "job#nightly"]
    return sorted(row_of(item, RunRow).state for item in rows)


@pytest.mark.parametrize("known", [False, True])
def test_c11_of_two_triggers_in_the_same_millisecond_one_runs(known):
    def begin(account):
        if known:
            ask(account)
            work(account, 3)
            end(account, "0/1")
            work(account, 4)
        # By hand: the same slot would be the same run.
        account.queues["submit"] = [json.dumps(builders.document(overlap="forbid"))] * 2

    def check(account):
        work(account, 3)
        assert states(account) == ["RUNNING", "SKIPPED", *["SUCCEEDED"] * known]
        assert running(account) == ["0/1"]
        end(account, "0/1")
        work(account, 4)
        assert row_of(account.items[job_key("nightly")], JobRow).active == ()

    at_every_call(begin, "submit", lambda account: deliver(account, "submit", "second"), check)


def test_a_slot_that_is_delivered_twice_at_once_is_one_run():
    def begin(account):
        ask(account)
        account.queues["submit"] *= 2

    def check(account):
        work(account, 3)
        assert states(account) == ["RUNNING"]
        assert attempts(account) == ["0/1"]

    at_every_call(begin, "submit", lambda account: deliver(account, "submit", "second"), check)


@pytest.mark.parametrize("parallelism", [None, 2])
def test_two_passes_of_the_launcher_start_each_shard_once(parallelism):
    def begin(account):
        ask(account, fanOut={"count": 3}, **({"parallelism": 2} if parallelism else {}))
        deliver(account, "submit")
        account.queues["launch"] *= 2

    def check(account):
        work(account, 3)
        first = ["0/1", "1/1", "2/1"][:parallelism]
        assert running(account) == attempts(account) == first

    at_every_call(begin, "launch", lambda account: deliver(account, "launch"), check)


@pytest.mark.parametrize("refusal", ["answer", "error"])
def test_a_pass_that_is_overtaken_leaves_no_attempt_beside_the_next_one(refusal):
    """Another pass is told that it cannot be, and launches the next attempt, before this one calls."""

    def begin(account):
        account.refusals = [refusal]
        ask(account)
        deliver(account, "submit")

    def check(account):
        assert len(running(account)) <= 1
        work(account, 4)
        assert len(running(account)) == 1

    def meanwhile(account):
        account.queues["launch"] = account.queues["launch"] or ['{"batch_jobs":"pump"}']
        work(account, 4)

    at_every_call(begin, "launch", meanwhile, check)


def test_a_run_that_is_cancelled_while_it_is_launched_leaves_nothing_behind():
    """The next run begins only once no pass can launch anything of it any more."""

    def begin(account):
        account.run = ask(account, overlap="queue", fanOut={"count": 2})
        deliver(account, "submit")

    def meanwhile(account):
        account.now += 1
        cancel(account, account.run)
        account.following = ask(account, overlap="queue", fanOut={"count": 2})
        # Nearly as long as a pass may take.
        work(account, 20)
        account.then = tasks_of(account, account.run)
        account.next_one_runs = bool(tasks_of(account, account.following))

    def check(account):
        now = tasks_of(account, account.run)
        assert now == account.then or not account.next_one_runs
        assert [account.tasks[arn]["lastStatus"] for arn in now] == ["STOPPED"] * len(now)
        ticks(account, 5)
        assert state(account, account.run) == "CANCELLED"
        assert state(account, account.following) == "RUNNING"
        assert running(account) == ["0/1", "1/1"]

    at_every_call(begin, "launch", meanwhile, check)


def tasks_of(account, run):
    return [arn for arn, task in account.tasks.items() if f"/{run}/" in task["startedBy"]]


def test_a_pass_that_has_not_written_its_intent_launches_nothing_of_a_stopped_run(account):
    run = ask(account, fanOut={"count": 2})
    deliver(account, "submit")

    def stop():
        cancel(account, run)
        work(account, 3)
        assert state(account, run) == "CANCELLED"

    # The first write is for the tokens, the second one the intent.
    at(account, "PutItem", stop, nth=2)
    deliver(account, "launch")

    assert attempts(account) == []


def test_a_replacement_of_what_ended_well_meanwhile_is_stopped_at_once(account):
    run = ask(account, replaceAtWarning=True)
    work(account, 4)
    (arn,) = account.tasks
    account.warn(arn)
    deliver(account, "track")

    def ends_well():
        end(account, "0/1")
        work(account, 3)
        assert state(account, run) == "SUCCEEDED"

    met = at(account, "RunTask", ends_well)
    deliver(account, "launch")

    assert met()
    assert attempts(account) == ["0/1", "0/2"]
    assert running(account) == []


def test_a_run_that_depends_on_one_which_is_just_being_submitted_is_woken_by_it():
    def begin(account):
        account.slot = account.now
        ask(account, job="report", dependsOn=[{"job": "nightly"}])
        ask(account)

    def meanwhile(account):
        account.queues["submit"].reverse()
        deliver(account, "submit")

    def check(account):
        work(account, 5)
        assert attempts(account) == ["0/1"]
        end(account, "0/1")
        work(account, 6)
        assert state(account, run_of_slot("report", account.slot)) == "RUNNING"
        assert attempts(account) == ["0/1", "0/1"]

    at_every_call(begin, "submit", meanwhile, check)
