"""A run is over: history, alerts, events and metrics, and then whoever waited for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from batch_jobs import flapping, messages, telling
from batch_jobs.attempts import Attempts, read_attempts
from batch_jobs.cost import cost_of
from batch_jobs.endings import Runs
from batch_jobs.jobs import ENDED_BY_SUCCESS, Jobs
from batch_jobs.last_lines import last_lines
from batch_jobs.ledger import Ledger
from batch_jobs.overlap import release
from batch_jobs.rows import (
    FAILED,
    FINAL,
    MISSED,
    SKIPPED,
    SUCCEEDED,
    JobRow,
    Plan,
    RunRow,
    plan_key,
    run_key,
)
from batch_jobs.verdict import Kind

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


_BLOCKED = 2


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes runs. Every step may be taken again: what was told in the same words is dropped."""

    ledger: Ledger
    jobs: Jobs
    runs: Runs
    events: EventBridgeClient
    logs: Callable[[], Any]

    def close(self, run: str, now: float) -> None:
        """Close a run that is over."""
        known = self.ledger.get(run_key(run), RunRow)
        if known is None or known.row.state not in FINAL or known.row.closed:
            return
        row = self._summary(known.row)
        self._alert(row, now)
        telling.publish_events(self.events, [telling.event_of(row, now)])
        following = self._release(row, now)
        self.runs.tell(
            [messages.start(one) for one in dict.fromkeys((*following, *row.dependents))]
        )
        closed: list[bool] = []

        def change(current: RunRow | None) -> RunRow | None:
            if current is None or current.closed:
                return current
            closed[:] = [True]
            dependents = tuple(dict.fromkeys((*row.dependents, *current.dependents)))
            return msgspec.structs.replace(row, closed=True, dependents=dependents)

        self.ledger.change(run_key(run), RunRow, change, now)
        if closed:
            telling.count_run(row)

    def _summary(self, row: RunRow) -> RunRow:
        plan = self.ledger.get(plan_key(row.run), Plan)
        if plan is None:
            return row
        attempts = read_attempts(self.ledger, row.run)
        began = [one.at for one in attempts.launched.values() if one.task]
        if not began:
            return row
        ends = attempts.ended.items()
        cost = sum(cost_of(plan.row, attempts.place_of(id_), end) for id_, end in ends)
        return msgspec.structs.replace(
            row,
            started=row.started or min(began),
            launches=len(began),
            interruptions=sum(1 for _, end in ends if end.verdict.kind is Kind.INTERRUPTED),
            cost_usd=round(cost, 6),
            log=self._log(plan.row, attempts) if row.state == FAILED else (),
        )

    def _log(self, plan: Plan, attempts: Attempts) -> tuple[str, ...]:
        failed = sorted(
            (id_, one)
            for id_, one in attempts.ended.items()
            if one.next.step in ("failed", "fail-run") and one.task and one.started
        )
        if not failed or plan.log is None:
            return ()
        task = str(failed[0][1].task)
        if plan.log.region not in ("", task.split(":")[3]):
            return (f"Its log is in {plan.log.region}, log group {plan.log.group}: read it there.",)
        return last_lines(self.logs(), plan.log, plan.main, task)

    def _alert(self, row: RunRow, now: float) -> None:
        job = self.jobs.get(row.job)
        job = msgspec.structs.replace(job, route=row.route or job.route)
        if row.state == SUCCEEDED:
            self.jobs.close(row.job, ENDED_BY_SUCCESS, f"Run {row.run} succeeded.", now)
        if self._flapping(row, job, now):
            return
        if row.state == FAILED and "failed" in row.alerts:
            self.jobs.open(job, {"failed": telling.failed_alert(job, row)}, now)
        if row.state == SKIPPED and row.slot is None and "blocked" in row.alerts:
            self.jobs.open(job, {"blocked": telling.turned_away_alert(job, row)}, now)
        elif row.state == SKIPPED and job.active and not job.paused:
            self._blocked(row, job, now)
        if row.state == MISSED and "missed" in row.alerts:
            self.jobs.open(job, {"missed": telling.missed_alert(job, row)}, now)

    def _flapping(self, row: RunRow, job: JobRow, now: float) -> bool:
        """Whether people know that the job fails and recovers: another failure is no news then."""
        if row.state not in flapping.ENDS:
            return False
        outcomes = flapping.outcomes_with(job.outcomes, row)
        if "flapping" in job.incidents:
            if row.state == SUCCEEDED and flapping.is_over(outcomes):
                how = f"Its last {flapping.ALIKE} runs have all succeeded."
                self.jobs.close(row.job, ("flapping",), how, now)
                return False
            return not flapping.lasts(outcomes)
        if "flapping" not in row.alerts or not flapping.begins(outcomes):
            return False
        self.jobs.open(job, {"flapping": telling.flapping_alert(job, row, outcomes)}, now)
        return True

    def _blocked(self, row: RunRow, job: JobRow, now: float) -> None:
        """One slot that found the lock taken is what ``forbid`` is for; several tell of a run that hangs."""
        job = self.jobs.change(row.job, partial(_skipped, run=row.run), now)
        if job.skipped >= _BLOCKED and "blocked" in row.alerts:
            self.jobs.open(job, {"blocked": telling.blocked_alert(job, row)}, now)

    def _release(self, row: RunRow, now: float) -> tuple[str, ...]:
        following: list[str] = []

        def change(job: JobRow) -> JobRow:
            job, found = release(job, row.run)
            following[:] = [found] if found else [run for run in job.active if run != row.run]
            newest = max(row.slot or 0.0, job.last_slot or 0.0) or None
            cluster = job.cluster or row.cluster
            outcomes = flapping.outcomes_with(job.outcomes, row)
            return msgspec.structs.replace(
                job, last_slot=newest, cluster=cluster, outcomes=outcomes
            )

        self.jobs.change(row.job, change, now, [row])
        return tuple(following)


def _skipped(job: JobRow, run: str) -> JobRow:
    if job.last_skipped == run:
        return job
    return msgspec.structs.replace(job, skipped=job.skipped + 1, last_skipped=run)
