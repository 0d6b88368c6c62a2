"""Tasks, and clusters, of which ECS knows nothing any more."""

import json

import pytest

from batch_jobs.rows import JobRow, job_key, row_of
from tests.unit.batch_jobs.histories import alerts, ask, tick


def test_a_task_of_which_ecs_forgot_too_soon_is_asked_about_again(account, functions):
    run = ask(account)
    functions.work(4)
    account.unseen = set(account.tasks)

    tick(account, functions, 55)
    assert len(account.running(run)) == 1
    assert len(account.tasks) == 1
    assert not alerts(account, "lost")

    account.unseen.clear()
    tick(account, functions, 60)
    assert len(account.running(run)) == 1
    assert functions.run(run).state == "RUNNING"


def test_a_task_of_which_ecs_knows_nothing_after_an_hour_is_lost(account, functions):
    ask(account, retries={"interruption": 0})
    functions.work(4)
    account.unseen = set(account.tasks)

    tick(account, functions, 70)

    assert len(alerts(account, "lost")) == 1


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_run_on_a_cluster_that_was_deleted_ends(cancelled, account, functions):
    run = ask(account, fanOut={"count": 3}, retries={"backoff": "1s"})
    functions.work(4)
    account.no_cluster = True
    if cancelled:
        account.queues["submit"].append(json.dumps({"command": "cancel", "run": run}))

    tick(account, functions, 30)

    assert functions.run(run).state == ("CANCELLED" if cancelled else "FAILED")
    assert row_of(account.items[job_key("nightly")], JobRow).active == ()
    assert len(alerts(account, "failed")) == (not cancelled)
