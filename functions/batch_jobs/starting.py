"""A run that waits: for its turn, or for another run. Does it start, go on waiting, or give up?"""

from __future__ import annotations

from dataclasses import dataclass

from batch_jobs.dependencies import outlook
from batch_jobs.endings import Runs
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.rows import FAILED, MISSED, RUNNING, WAITING, Plan, RunRow, plan_key, run_key
from batch_jobs.run import GaveUp, MayStart, ShardsEnded
from batch_jobs.spec import Spec
from batch_jobs.submitting import Submitting
from batch_jobs.times import seconds


@dataclass(frozen=True, slots=True)
class Starting:
    """Looks at runs that wait, whenever what they wait for may be there."""

    ledger: Ledger
    jobs: Jobs
    runs: Runs
    submitting: Submitting

    def look(self, run: str, now: float) -> None:
        """Look at one run."""
        known = self.ledger.get(run_key(run), RunRow)
        plan = self.ledger.get(plan_key(run), Plan)
        if known is None or plan is None or known.row.state not in (WAITING, RUNNING):
            return
        row = known.row
        view = outlook(row, self.runs.waited_for(row))
        if row.state == RUNNING:
            if view.failed or view.why:
                self.runs.apply(run, ShardsEnded(failed=view.failed), now)
            self.runs.pump()
            return
        too_late = _too_late(row, plan.row.spec, now)
        if too_late is not None:
            self.runs.apply(run, too_late, now)
        elif run not in self.jobs.get(row.job).active:
            return
        elif view.why:
            self.runs.apply(run, GaveUp(FAILED, view.why), now)
        elif view.starts:
            self.submitting.plan_launches(run, plan.row, now)
            self.runs.apply(run, MayStart(), now)
            if view.failed:
                self.runs.apply(run, ShardsEnded(failed=view.failed), now)


def _too_late(row: RunRow, spec: Spec, now: float) -> GaveUp | None:
    deadline = seconds(spec.starting_deadline)
    if row.slot is not None and deadline is not None and now - row.slot > deadline:
        why = f"{row.reason or 'it waited'}; startingDeadline {spec.starting_deadline} is over"
        return GaveUp(MISSED, why)
    limit = seconds(spec.limits.queue) or 0.0
    if now - row.created > limit:
        return GaveUp(FAILED, f"it waited longer than limits.queue, {spec.limits.queue}")
    return None
