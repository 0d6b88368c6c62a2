"""Holds the ledger against ECS, every five minutes: lost events, lost tasks, limits, forgotten steps."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from batch_jobs import messages, shards, telling
from batch_jobs.asking import Asking
from batch_jobs.attempts import Attempts, read_attempts
from batch_jobs.endings import Endings, retry_row, shards_ended
from batch_jobs.ids import job_of, time_of
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.overlap import DISPLACED
from batch_jobs.rows import (
    FAILED,
    FINAL,
    SKIPPED,
    STOPPING,
    WAITING,
    AgendaRow,
    Items,
    JobRow,
    Key,
    Plan,
    Row,
    RunRow,
    agenda_key,
    attempt_key,
    items_key,
    plan_key,
    run_key,
)
from batch_jobs.run import GaveUp, LaunchBegan, StopAsked
from batch_jobs.submitting import Submitting, first_attempts
from batch_jobs.times import iso, parse_slot, seconds
from ecsops.durations import format_duration

# What the agenda would have launched by now has been forgotten by it.
_FORGOTTEN_S = 120


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks a job: its runs, then the tasks of its family that nobody should have started."""

    ledger: Ledger
    jobs: Jobs
    endings: Endings
    submitting: Submitting
    asking: Asking

    def check(self, job: str, now: float, *, sweep: bool = True) -> None:
        """Check one job."""
        row = self.jobs.get(job)
        names = (*row.active, *row.waiting, *row.displaced)
        known = self.ledger.get_many([run_key(run) for run in names], RunRow)
        runs = {one.row.run: one.row for one in known.values()}
        for name in names:
            self._run(name, runs.get(name), row, now)
        if sweep and row.family and row.cluster:
            self.asking.sweep(row)

    def _run(self, name: str, run: RunRow | None, job: JobRow, now: float) -> None:
        runs = self.endings.runs
        if run is None:
            self._unwritten(name, now)
        elif run.state == WAITING:
            self._waiting(run, job, now)
            runs.tell([messages.start(name)])
        elif run.state == STOPPING:
            self._stopping(run, now)
            runs.tell([messages.stop(name)])
        elif run.state in FINAL:
            runs.tell([messages.finish(name)])
        else:
            if any(wait.each for wait in run.waits_for):
                runs.tell([messages.start(name)])
            self._running(run, job, now)

    def _unwritten(self, name: str, now: float) -> None:
        """A run that holds the lock, and whose row was never written: its submission died."""
        plan = self.ledger.get(plan_key(name), Plan)
        if plan is not None:
            slot = plan.row.spec.slot
            self.submitting.begin(plan.row, parse_slot(slot) if slot else None, now)
            return
        # Nothing is left of it but the lock.
        gone = RunRow(run=name, job=job_of(name), state=FAILED, created=time_of(name), ended=now)
        reason = "nothing is known of it any more: it lasted longer than the history is kept"
        gone = msgspec.structs.replace(gone, reason=reason, alerts=("failed",))
        self.ledger.create(run_key(name), gone, now)
        self.endings.runs.tell([messages.finish(name)])

    def _waiting(self, run: RunRow, job: JobRow, now: float) -> None:
        plan = self.endings.plans.get([run.run]).get(run.run)
        if plan is None:
            return
        self._late(run, plan, job, now)
        self._keep(run, plan, Attempts(), now)
        # What a submission that died did not come to do.
        if run.run in job.displaced:
            self.endings.runs.apply(run.run, GaveUp(SKIPPED, DISPLACED), now)
        elif plan.spec.overlap == "replace":
            for other in job.active:
                if other != run.run:
                    why = f"replaced by {run.run}"
                    self.endings.runs.apply(other, StopAsked(run.run, why), now)

    def _stopping(self, run: RunRow, now: float) -> None:
        """What was asked to stop may have stopped, and nobody told."""
        plan = self.endings.plans.get([run.run]).get(run.run)
        if plan is None:
            return
        attempts = read_attempts(self.ledger, run.run)
        self.endings.runs.apply(run.run, shards_ended(attempts.ended), now)
        self._keep(run, plan, attempts, now)
        self.asking.ask(plan, attempts, now)

    def _running(self, run: RunRow, job: JobRow, now: float) -> None:
        plans = self.endings.plans.get([run.run])
        plan = plans.get(run.run)
        if plan is None:
            return
        attempts = read_attempts(self.ledger, run.run)
        # A crash between an end's row and the run's: the rows are the truth.
        run = self.endings.runs.apply(run.run, shards_ended(attempts.ended), now) or run
        began = [row.at for row in attempts.launched.values() if row.task]
        if run.started is None and began:
            run = self.endings.runs.apply(run.run, LaunchBegan(), min(began)) or run
        self._keep(run, plan, attempts, now)
        self._forgotten(run, plan, attempts, now)
        self.asking.ask(plan, attempts, now)
        self._slow(run, plan, job, now)
        self.endings.runs.pump()

    def _keep(self, run: RunRow, plan: Plan, attempts: Attempts, now: float) -> None:
        """Write the rows of a run that lasts anew, so that none of them expires before its end.

        Only those that nobody changes any more; the agenda's by its revision.
        """
        if now - max(run.created, run.kept) < self.ledger.keep_s / 2:
            return
        rows: list[tuple[Key, Row]] = [(plan_key(run.run), plan)]
        pages = [items_key(run.run, number) for number in range(plan.pages)]
        rows += [(key, one.row) for key, one in self.ledger.get_many(pages, Items).items()]
        settled = [(id_, row) for id_, row in attempts.launched.items() if row.settled]
        rows += [(attempt_key(id_, "a"), row) for id_, row in settled]
        rows += [(attempt_key(id_, "e"), end) for id_, end in attempts.ended.items()]
        rows += [(attempt_key(id_, "w"), warning) for id_, warning in attempts.warned.items()]
        self.ledger.put_many(rows, now)
        agenda = agenda_key(first_attempts(run.run, plan))
        held = self.ledger.get(agenda, AgendaRow)
        if held is not None:
            self.ledger.write(agenda, held.row, held.rev, now)

        def change(row: RunRow | None) -> RunRow | None:
            return row and msgspec.structs.replace(row, kept=now)

        self.ledger.change(run_key(run.run), RunRow, change, now)

    def _forgotten(self, run: RunRow, plan: Plan, attempts: Attempts, now: float) -> None:
        """Retries that are due and neither launched nor on the agenda: putting them there is harmless."""
        done = shards.decode(run.done)
        rows = [
            retry_row(plan, id_, end.next)
            for id_, end in attempts.to_retry().items()
            if now - end.next.due > _FORGOTTEN_S and id_ not in attempts.warned
        ]
        rows += [
            retry_row(plan, id_, warning.next)
            for id_, warning in attempts.warned.items()
            if now - warning.next.due > _FORGOTTEN_S
            and id_.following() not in attempts.launched
            and not done >> id_.shard & 1
        ]
        self.ledger.put_many([(agenda_key(row), row) for row in rows], now)

    def _slow(self, run: RunRow, plan: Plan, job: JobRow, now: float) -> None:
        self._late(run, plan, job, now)
        policy = plan.spec.alerts
        long = seconds(policy.long_after)
        if (
            run.started
            and long is not None
            and now - run.started > long
            and plan.spec.alerts_on("long")
        ):
            title = f"Job {run.job} runs longer than {policy.long_after}"
            summary = f"Run {run.run} began at {iso(run.started)} and is not over."
            self.jobs.open(job, {"long": telling.problem(job, "long", run.at, title, summary)}, now)

    def _late(self, run: RunRow, plan: Plan, job: JobRow, now: float) -> None:
        """What waits for its turn is as late as what waits for capacity."""
        if run.started or not plan.spec.alerts_on("late"):
            return
        if not self.endings.runs.is_late(run, plan.spec.alerts, now):
            return
        title = f"Job {run.job} is late: not one task of run {run.run} was launched"
        waits = ", ".join(wait.run for wait in run.waits_for)
        why = run.reason or (f"it waits for {waits}" if waits else "")
        ago = f"It was due at {iso(run.at)}, {format_duration(now - run.at)} ago"
        summary = f"{ago}; {why}." if why else f"{ago}."
        self.jobs.open(job, {"late": telling.problem(job, "late", run.at, title, summary)}, now)
