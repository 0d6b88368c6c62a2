"""Short histories: one thing goes wrong at one call, or another function works while that call is made."""

import json

from batch_jobs.ids import run_of_slot
from batch_jobs.times import iso
from ecsops.queue import Message
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Died
from tests.unit.batch_jobs.fake_functions import Functions

RETRIES = {"launch": 50, "interruption": 50, "backoff": "1s"}


def ask(account, job="nightly", **fields):
    """A schedule asks for a run now; its id."""
    slot = account.now
    document = builders.document(job=job, slot=iso(slot), **{"retries": RETRIES, **fields})
    account.queues["submit"].append(json.dumps(document))
    return run_of_slot(job, slot)


def alerts(account, kind):
    return [one for one in account.alerts if f":{kind}:" in one["incident"]]


def tick(account, functions, minutes):
    for _ in range(minutes // 5):
        account.now += 300
        functions.work(4, tick=True)


def cancel(account, run):
    account.queues["submit"].append(json.dumps({"command": "cancel", "run": run}))


def at(account, operation, what, *, nth=1):
    """The nth call from now of an operation (None: of any) meets a fault, or what happens meanwhile.

    The answer tells whether it was made.
    """
    calls = []

    def faults(called):
        if operation in (None, called):
            calls.append(called)
            if len(calls) == nth:
                account.faults = lambda _operation: None
                return what if isinstance(what, str) else what()
        return None

    account.faults = faults
    return lambda: len(calls) >= nth


def deliver(account, queue, name="m"):
    """A function's new process gets a message; what it dies of, or fails at, comes again."""
    body = account.queues[queue].pop(0)
    try:
        failed = Functions(account).of_queue[queue]([Message(name, body)], account.now)
    except Died:
        failed = {name}
    if failed:
        account.queues[queue].insert(0, body)


def work(account, rounds=1, *, tick=False):
    """Everything that waits is delivered, so many times, each time a second later."""
    Functions(account).work(rounds, tick=tick)


def ticks(account, minutes):
    for _ in range(minutes // 5):
        account.now += 300
        work(account, 4, tick=True)


def attempts(account):
    """The shard and attempt of every task that was ever started."""
    return sorted(task["startedBy"].split("/", 2)[2] for task in account.tasks.values())


def running(account):
    """Those of the tasks that run."""
    return sorted(
        task["startedBy"].split("/", 2)[2]
        for task in account.tasks.values()
        if task["lastStatus"] == "RUNNING"
    )


def end(account, attempt, code=0):
    """The tasks of an attempt end by themselves."""
    for arn, task in list(account.tasks.items()):
        if task["startedBy"].endswith(f"/{attempt}") and task["lastStatus"] == "RUNNING":
            account.stop(arn, "EssentialContainerExited", code)


def state(account, run):
    return Functions(account).run(run).state
