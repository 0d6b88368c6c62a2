"""A function dies at one of its calls, or an answer is lost: whoever comes next does the rest, once."""

import pytest

from batch_jobs.rows import JobRow, job_key, row_of
from tests.unit.batch_jobs.fake_account import Account
from tests.unit.batch_jobs.histories import (
    RETRIES,
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

# More calls than any of these functions makes for one message.
CALLS = range(1, 30)


def every_death(queue, begin, check):
    """Let the function die at each of its calls for a message; ``check`` how it all ends."""
    for nth in CALLS:
        account = Account()
        begun = begin(account)
        met = at(account, None, "died", nth=nth)
        deliver(account, queue)
        if not met():
            assert nth > 5, "dies at several calls"
            return
        check(account, begun)
    pytest.fail("it makes more calls than are tried")


def refused(account, refusal, times):
    """A run before the launch whose refusal is the last of so many."""
    account.refusals = [refusal] * times
    run = ask(account)
    deliver(account, "submit")
    for _ in range(times - 1):
        deliver(account, "launch")
        account.queues["launch"] = ['{"batch_jobs":"pump"}']
        account.now += 10
    return run


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("refusal", ["answer", "error"])
def test_a_refused_attempt_is_followed_by_one_other_wherever_the_launcher_dies(refusal, times):
    def begin(account):
        return refused(account, refusal, times)

    def check(account, run):
        work(account, 4)
        ticks(account, 10)
        assert running(account) in ([f"0/{times + 1}"], [f"0/{times}"])
        assert len(attempts(account)) == 1
        end(account, running(account)[0])
        work(account, 3)
        assert state(account, run) == "SUCCEEDED"

    every_death("launch", begin, check)


def test_a_run_that_cannot_be_launched_fails_wherever_the_launcher_dies():
    def begin(account):
        account.refusals = ["answer"]
        run = ask(account, retries={"launch": 0})
        deliver(account, "submit")
        return run

    def check(account, run):
        work(account, 4)
        ticks(account, 10)
        # Refused once: where nothing was written of it, the same call is answered in the same way.
        assert attempts(account) == []
        assert state(account, run) == "FAILED"

    every_death("launch", begin, check)


def test_a_run_that_was_displaced_is_told_wherever_the_submission_dies():
    def begin(account):
        runs = []
        for _ in range(3):
            runs.append(ask(account, overlap="replace", limits={"queue": "30d"}))
            if len(runs) < 3:
                deliver(account, "submit")
                account.queues["submit"].clear()
                account.queues["launch"].clear()
            account.now += 60
        return runs

    def check(account, runs):
        ticks(account, 10)
        assert [state(account, run) for run in runs] == ["CANCELLED", "SKIPPED", "RUNNING"]
        job = row_of(account.items[job_key("nightly")], JobRow)
        assert (job.active, job.waiting, job.displaced) == ((runs[2],), (), ())

    every_death("submit", begin, check)


def test_a_lost_answer_that_the_client_asks_for_again_costs_no_time():
    """botocore makes the call again, and a conditional write then fails by its own success."""
    for nth in CALLS:
        account = Account()
        ask(account)
        met = at(account, "PutItem", "retried", nth=nth)
        work(account, 3)
        assert attempts(account) == ["0/1"], nth
        if not met():
            assert nth > 4, "several writes are made"
            return
    pytest.fail("it makes more calls than are tried")


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("operation", ["PutItem", "RunTask"])
def test_a_run_is_cancelled_although_nobody_knows_what_the_launcher_did_before_it_died(
    operation, attempt, account
):
    account.refusals = ["answer"] * (attempt - 1)
    run = ask(account)
    deliver(account, "submit")
    for _ in range(attempt - 1):
        deliver(account, "launch")
        account.now += 10
    account.queues["launch"] = account.queues["launch"][:1]
    at(account, operation, "died", nth=2 if operation == "PutItem" else 1)
    deliver(account, "launch")
    assert len(attempts(account)) == (operation == "RunTask")
    cancel(account, run)
    ticks(account, 10)

    assert state(account, run) == "CANCELLED"
    assert running(account) == []
    assert row_of(account.items[job_key("nightly")], JobRow).active == ()


def test_a_run_is_cancelled_although_the_end_of_its_task_was_only_half_recorded(account):
    run = ask(account)
    work(account, 4)
    cancel(account, run)
    deliver(account, "submit")
    end(account, "0/1", 1)
    at(account, "BatchWriteItem", "died")
    deliver(account, "track")
    account.queues["track"].clear()
    ticks(account, 10)

    assert state(account, run) == "CANCELLED"


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("later", [2900, 3100, 3700, 8000])
def test_a_token_is_used_no_more_when_it_may_be_forgotten(later, attempt, account):
    """The launcher dies after RunTask, the task's end is lost, and the message comes again much later."""
    account.refusals = ["answer"] * (attempt - 1)
    run = ask(account)
    deliver(account, "submit")
    for _ in range(attempt - 1):
        deliver(account, "launch")
        account.now += 10
    account.queues["launch"] = account.queues["launch"][:1]
    at(account, "RunTask", "died")
    deliver(account, "launch")
    end(account, f"0/{attempt}")
    account.queues["track"].clear()
    account.now += later
    work(account, 4)
    ticks(account, 20)

    # While ECS knows the task, its end is what it tells; later another attempt is made, never the same.
    if later < 3600:
        assert attempts(account) == [f"0/{attempt}"]
        assert state(account, run) == "SUCCEEDED"
    else:
        assert attempts(account) == [f"0/{attempt}", f"0/{attempt + 1}"]
        assert running(account) == [f"0/{attempt + 1}"]


@pytest.mark.parametrize("code", [0, 1])
def test_what_was_decided_first_about_an_attempt_stands(code, account):
    """Refused, it runs all the same (apache/airflow#16150): its end says nothing about the shard."""
    account.ghosts = 1
    run = ask(account, retries={**RETRIES, "application": 0})
    work(account, 8)
    assert running(account) == ["0/1", "0/2"]

    end(account, "0/1", code)
    work(account, 4)
    assert state(account, run) == "RUNNING"
    end(account, "0/2")
    work(account, 4)
    assert state(account, run) == "SUCCEEDED"


def test_a_warning_that_comes_after_the_end_starts_nothing_and_pays_for_nothing(account):
    retries = {"interruption": 5, "application": 1, "backoff": "1s"}
    run = ask(account, replaceAtWarning=True, retries=retries)
    work(account, 4)
    for attempt in ("0/1", "0/2"):
        (arn,) = [a for a, task in account.tasks.items() if task["startedBy"].endswith(attempt)]
        account.warn(arn)
        (late,) = account.queues["track"]
        account.queues["track"].clear()
        end(account, attempt, 1)
        deliver(account, "track")
        account.queues["track"].append(late)
        work(account, 4)

    assert attempts(account) == ["0/1", "0/2"]
    assert state(account, run) == "FAILED"


def test_a_replacement_that_only_its_warning_tells_of_is_made(account):
    """Whoever wrote the warning died before the launch was due, and its message never came again."""
    run = ask(account, replaceAtWarning=True)
    work(account, 4)
    (arn,) = account.tasks
    account.warn(arn)
    at(account, "PutItem", "died")
    deliver(account, "track")
    account.queues["track"].clear()
    account.stop(arn, "SpotInterruption", 143)
    work(account, 4)
    ticks(account, 10)

    assert running(account) == ["0/2"]
    assert state(account, run) == "RUNNING"
