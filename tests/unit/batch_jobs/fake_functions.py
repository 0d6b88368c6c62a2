"""The three functions over an account in memory, each as if its process had just begun."""

import msgspec

from batch_jobs.accepting import Desk
from batch_jobs.agenda import Agenda
from batch_jobs.asking import Asking
from batch_jobs.checking import Checking
from batch_jobs.closing import Closing
from batch_jobs.endings import Endings, Runs
from batch_jobs.foreign import Foreign
from batch_jobs.jobs import Jobs
from batch_jobs.launch_calls import Calls
from batch_jobs.launch_worker import LaunchWorker
from batch_jobs.launching import Launcher
from batch_jobs.ledger import Ledger
from batch_jobs.missing import Missing
from batch_jobs.plans import Plans
from batch_jobs.refusing import Refusing
from batch_jobs.replacing import Replacing
from batch_jobs.rows import RunRow, row_of, run_key
from batch_jobs.schedules import Schedules
from batch_jobs.starting import Starting
from batch_jobs.stopping import Stopping
from batch_jobs.submitting import Submitting
from batch_jobs.tasks import TaskReader
from batch_jobs.tracking import Tracker
from ecsops import parallel
from ecsops.queue import Message
from tests.unit.batch_jobs import builders
from tests.unit.batch_jobs.fake_account import Events, Scheduler, Sqs
from tests.unit.batch_jobs.fake_ecs import Ecs
from tests.unit.batch_jobs.fake_table import TABLE, Dynamodb

KEEP_S = 86_400.0


class Inputs:
    """A task definition that is always there."""

    def plan(self, spec, run, items, now):
        plan = builders.plan(spec.fan_out.count or len(items or (1,)))
        return msgspec.structs.replace(plan, run=run, spec=spec)

    def items(self, spec):
        return spec.fan_out.items


class Functions:
    """Their work on a message, by the queue from which it comes."""

    def __init__(self, account, *, off=False):
        self.account = account
        ledger = Ledger(Dynamodb(account), TABLE, KEEP_S)
        runs = Runs(ledger, Sqs(account), "submit", "launch")
        ecs, jobs = Ecs(account), Jobs(ledger, Events(account))
        reader, endings = TaskReader(ecs), Endings(ledger, Plans(ledger), runs)
        refusing, submitting = Refusing(jobs), Submitting(ledger, jobs, runs, Inputs())
        asking = Asking(ledger, jobs, endings, ecs, reader)
        desk = Desk(
            ledger,
            jobs,
            runs,
            submitting,
            refusing,
            Starting(ledger, jobs, runs, submitting),
            Stopping(ledger, endings, ecs, reader),
            Closing(ledger, jobs, runs, Events(account), lambda: None),
            Checking(ledger, jobs, endings, submitting, asking),
            Missing(
                ledger, jobs, submitting, refusing, Schedules(lambda: Scheduler(account), "submit")
            ),
            off,
        )
        agenda = Agenda(ledger, endings.plans)
        launcher = Launcher(ledger, agenda, Calls(ecs, reader, endings))
        tracker = Tracker(endings, Replacing(endings), Foreign(jobs, ecs))
        self.of_queue = {
            "submit": desk.work,
            "launch": LaunchWorker(launcher, jobs, runs).work,
            "track": tracker.work,
        }

    def work(self, rounds=1, tick=False):
        """Deliver all messages, and those that they lead to, for so many rounds."""
        if tick:
            self.account.queues["submit"].append('{"source":"aws.events"}')
        for _ in range(rounds):
            self.account.due()
            for queue in ("submit", "launch", "track"):
                bodies, self.account.queues[queue] = list(self.account.queues[queue]), []
                for body in dict.fromkeys(bodies):
                    name = f"m{next(self.account.numbers)}"
                    assert not self.of_queue[queue]([Message(name, body)], self.account.now)
            self.account.now += 1

    def run(self, run):
        """A run's row."""
        return row_of(self.account.items[run_key(run)], RunRow)


def one_thread(monkeypatch):
    """Calls one after the other: the faults hit the same ones every time; and no metrics."""

    def run_all(calls):
        return [parallel._outcome(call) for call in calls]

    for module in ("accepting", "launching", "launch_calls", "stopping", "asking"):
        monkeypatch.setattr(f"batch_jobs.{module}.run_all", run_all)
    monkeypatch.setattr("batch_jobs.telling.measure", lambda *_, **__: None)
    monkeypatch.setattr("batch_jobs.telling.count", lambda *_, **__: None)
