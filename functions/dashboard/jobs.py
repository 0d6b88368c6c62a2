"""Batch jobs: how the last runs of each went, and which job is shown first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.level import Finding, Level, weightiest
from ecsops.job_status import ENDED, JobStatus, RunStatus

_BAD = frozenset({"failed", "missed"})


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its last runs, as batch jobs left them."""

    name: str
    status: JobStatus

    @property
    def verdict(self) -> Finding:
        """The level, and why, in a few words."""
        return weightiest(_findings(self))

    @property
    def level(self) -> Level:
        """How much it needs a person."""
        return self.verdict[0]

    @property
    def last(self) -> RunStatus | None:
        """The newest run."""
        return self.status.runs[-1] if self.status.runs else None

    @property
    def last_judged(self) -> RunStatus | None:
        """The newest run that says how the job fares: one left out or cancelled mends nothing."""
        judged = [run for run in self.status.runs if run.state in _BAD | {"succeeded"}]
        return judged[-1] if judged else None


def jobs_trouble_first(jobs: Iterable[Job]) -> list[Job]:
    """In the order in which they are shown."""
    return sorted(jobs, key=lambda job: (-job.level, job.status.cluster, job.name))


def took(run: RunStatus, now: float) -> float:
    """Seconds from beginning to end, or until now; never what no picture can show."""
    seconds = now - run.at - run.late_s if run.state not in ENDED else run.took_s
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _findings(job: Job) -> list[Finding]:
    last, judged = job.last, job.last_judged
    found: list[Finding] = []
    if judged is not None and judged.state in _BAD:
        found.append((Level.WARNING, _bad(judged)))
    if last is not None and last.state not in ENDED:
        found.append((Level.BUSY, last.state))
    quiet = "paused" if job.status.paused else (last.state if last else "no run yet")
    return [*found, (Level.FINE, quiet)]


def _bad(run: RunStatus) -> str:
    if run.state == "failed" and run.shards > 1:
        return f"failed, {run.failed_shards} of {run.shards} shards"
    return run.state
