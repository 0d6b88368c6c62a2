"""A task ends after Spot has announced that it will: its replacement, or none."""

from ecsops.queue import Message
from tests.unit.batch_jobs.histories import ask


def warned(account, functions, **fields):
    """A run whose task is about to be taken by Spot; the launcher has not looked since."""
    run = ask(
        account, replaceAtWarning=True, retries={"interruption": 5, "backoff": "1s"}, **fields
    )
    functions.work(4)
    arn = account.running(run)[run, "0"][0]
    account.warn(arn)
    deliver(account, functions)
    return run, arn


def deliver(account, functions):
    body = account.queues["track"].pop()
    assert not functions.of_queue["track"](
        [Message(f"t{next(account.numbers)}", body)], account.now
    )


def test_v9_a_task_that_ends_well_after_the_warning_is_not_started_again(account, functions):
    run, arn = warned(account, functions, fanOut={"count": 2})
    account.stop(arn, "EssentialContainerExited", 0)
    deliver(account, functions)
    for _ in range(3):
        functions.work(6, tick=True)
        account.now += 300

    assert account.running(run).keys() == {(run, "1")}
    assert len(account.tasks) == 2
    assert functions.run(run).state == "RUNNING"
    assert not [key for key in account.items if key[0] == "agenda"]


def test_v9_a_replacement_is_stopped_if_the_first_one_ends_well_after_all(account, functions):
    run, arn = warned(account, functions, fanOut={"count": 2})
    functions.work(4)
    assert len(account.tasks) == 3
    account.stop(arn, "EssentialContainerExited", 0)
    functions.work(4)
    account.now += 300
    functions.work(6, tick=True)

    assert account.running(run).keys() == {(run, "1")}
    (other,) = account.running(run)[run, "1"]
    account.stop(other, "EssentialContainerExited", 0)
    functions.work(6)
    assert functions.run(run).state == "SUCCEEDED"


def test_v9_a_task_that_stumbles_after_the_warning_leaves_it_to_its_replacement(account, functions):
    run, arn = warned(account, functions)
    functions.work(4)
    account.stop(arn, "EssentialContainerExited", 1)
    functions.work(4, tick=True)
    (replacement,) = account.running(run)[run, "0"]
    account.stop(replacement, "EssentialContainerExited", 0)
    functions.work(4)

    assert functions.run(run).state == "SUCCEEDED"
    assert account.alerts == []


def test_v9_a_rule_that_fails_the_run_counts_after_the_warning_too(account, functions):
    run, arn = warned(account, functions, rules=[{"action": "failRun", "exitCodes": [42]}])
    account.stop(arn, "EssentialContainerExited", 42)
    functions.work(6)

    assert functions.run(run).state == "FAILED"
