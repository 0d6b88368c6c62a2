"""Holds the ledger against ECS, every five minutes: lost events, lost tasks, limits, forgotten steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from batch_jobs import messages, shards, stop_reasons, telling
from batch_jobs.attempts import Attempts, read_attempts
from batch_jobs.endings import Ending, Endings, ending_of, retry_row, shards_ended
from batch_jobs.ids import AttemptId, attempt_of, job_of, time_of
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
from batch_jobs.stopped import of_description
from batch_jobs.submitting import Submitting, first_attempts
from batch_jobs.tasks import TaskReader, stop_task
from batch_jobs.times import iso, parse_slot, seconds
from batch_jobs.verdict import Kind, Verdict
from ecsops.durations import format_duration
from ecsops.errors import ClusterGone
from ecsops.observability import count, logger
from ecsops.parallel import raised, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# Without news for so long, ECS is asked.
_QUIET_S = 600
# "Stopped tasks remain visible for at least one hour" (API DescribeTasks).
_KNOWN_S = 3600
# What the agenda would have launched by now has been forgotten by it.
_FORGOTTEN_S = 120


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks a job: its runs, then the tasks of its family that nobody should have started."""

    ledger: Ledger
    jobs: Jobs
    endings: Endings
    submitting: Submitting
    ecs: ECSClient
    reader: TaskReader

    def check(self, job: str, now: float, *, sweep: bool = True) -> None:
        """Check one job."""
        row = self.jobs.get(job)
        names = (*row.active, *row.waiting, *row.displaced)
        known = self.ledger.get_many([run_key(run) for run in names], RunRow)
        runs = {one.row.run: one.row for one in known.values()}
        for name in names:
            self._run(name, runs.get(name), row, now)
        if sweep and row.family and row.cluster:
            self._orphans(row)

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
        self._ask(plan, attempts, now)

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
        self._ask(plan, attempts, now)
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

    def _ask(self, plan: Plan, attempts: Attempts, now: float) -> None:
        """Ask ECS about tasks without news: ended ones, lost ones, those beyond their limits."""
        quiet = {
            task: id_
            for id_, task in attempts.with_task.items()
            if now - attempts.launched[id_].at > min(_QUIET_S, _limit(plan))
        }
        if not quiet:
            return
        try:
            tasks, missing = self.reader.describe(plan.spec.cluster, list(quiet))
        except ClusterGone as gone:
            logger.warning("cluster is gone", run=plan.run, reason=str(gone))
            tasks, missing = [], set(quiet)
        else:
            # Of a younger one ECS would still know how it ended: asked again, it does.
            missing -= {
                arn for arn, id_ in quiet.items() if now - attempts.launched[id_].at < _KNOWN_S
            }
        endings = [
            ending_of(plan, quiet[task["taskArn"]], of_description(task), now)
            for task in tasks
            if task["lastStatus"] == "STOPPED"
        ]
        lost = [quiet[arn] for arn in sorted(missing & quiet.keys())]
        endings += [Ending(id_, _lost(), now) for id_ in lost]
        if lost:
            count("TasksLost", len(lost))
            if plan.spec.alerts_on("lost"):
                self._lost(plan, lost, now)
        self.endings.record(endings, now)
        self._limits(plan, tasks, now)

    def _limits(self, plan: Plan, tasks: list[Any], now: float) -> None:
        run_limit, launch_limit = seconds(plan.spec.limits.run), seconds(plan.spec.limits.launch)
        stops: dict[str, str] = {}
        for task in tasks:
            if task["desiredStatus"] == "STOPPED":
                continue
            started, created = task.get("startedAt"), task.get("createdAt")
            if isinstance(started, datetime):
                if run_limit is not None and now - started.timestamp() > run_limit:
                    stops[task["taskArn"]] = f"{stop_reasons.RAN_TOO_LONG}, {plan.spec.limits.run}"
            elif launch_limit is not None and now - created.timestamp() > launch_limit:
                limit = plan.spec.limits.launch
                stops[task["taskArn"]] = f"{stop_reasons.STARTED_TOO_SLOWLY}, {limit}"
        self._stop(plan.spec.cluster, stops)

    def _stop(self, cluster: str, stops: Mapping[str, str]) -> None:
        calls = [
            partial(stop_task, self.ecs, cluster, task, reason) for task, reason in stops.items()
        ]
        for answer in run_all(calls):
            raised(answer)

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

    def _lost(self, plan: Plan, lost: list[AttemptId], now: float) -> None:
        job = self.jobs.get(plan.spec.job)
        title = f"Job {job.job}: ECS does not know {len(lost)} of its tasks any more"
        shown = ", ".join(f"{id_.shard}/{id_.attempt}" for id_ in lost[:10])
        summary = (
            f"Run {plan.run}, shards/attempts {shown}: nobody told how they ended. They count as "
            "interrupted; a rule with stopCode Lost can say otherwise."
        )
        self.jobs.open(job, {"lost": telling.problem(job, "lost", now, title, summary)}, now)

    def _orphans(self, job: JobRow) -> None:
        """Tasks of ours that run although their run or shard is over, or their attempt has ended.

        RunTask's failures are "not always reliable" (apache/airflow#16150): a refused attempt may run.
        """
        arns = self.reader.of_family(job.cluster, job.family)
        if not arns:
            return
        try:
            tasks, _ = self.reader.describe(job.cluster, arns)
        except ClusterGone:
            return
        ours = {
            str(task["taskArn"]): id_
            for task in tasks
            if task["desiredStatus"] == "RUNNING" and (id_ := attempt_of(task.get("startedBy")))
        }
        keys = [run_key(run) for run in {id_.run for id_ in ours.values()}]
        runs = {one.row.run: one.row for one in self.ledger.get_many(keys, RunRow).values()}
        ended = self.ledger.get_items(attempt_key(id_, "e") for id_ in ours.values())
        stops = {
            arn: stop_reasons.SUPERFLUOUS
            for arn, id_ in ours.items()
            if (id_.run in runs and _is_over(runs[id_.run], id_)) or attempt_key(id_, "e") in ended
        }
        for arn, id_ in ours.items():
            if id_.run not in runs:
                logger.warning("task of a run that nobody knows", task=arn, run=id_.run)
        if stops:
            count("OrphansStopped", len(stops))
            self._stop(job.cluster, stops)


def _is_over(run: RunRow, id_: AttemptId) -> bool:
    return run.state in FINAL or bool(shards.decode(run.done) >> id_.shard & 1)


def _lost() -> Verdict:
    return Verdict(Kind.LOST, "lost", "ECS does not know the task any more, and told nothing")


def _limit(plan: Plan) -> float:
    limits = plan.spec.limits
    return min(seconds(limits.run) or _QUIET_S, seconds(limits.launch) or _QUIET_S)
