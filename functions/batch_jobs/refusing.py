"""A spec that is refused: people are told, nothing is launched, and its slot is settled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from batch_jobs import telling
from batch_jobs.jobs import Jobs
from batch_jobs.rows import JobRow
from batch_jobs.spec import AlertPolicy, Spec
from batch_jobs.spec_reading import InvalidSpec
from ecsops.alerts import Table
from ecsops.observability import count, logger

_UNNAMED = "unnamed"
_SHOWN = 20
# By the time a slot is missed, so many have come after it at most.
_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Refusing:
    """Refuses specs: trying again cannot help."""

    jobs: Jobs

    def refuse(
        self, error: InvalidSpec, slot: float | None, now: float, spec: Spec | None = None
    ) -> None:
        """Tell of it. A slot whose spec was refused was not missed: people hear of one thing only."""
        count("SpecsRefused")
        for problem in error.problems:
            logger.error("spec refused", job=error.job, path=problem.path, reason=str(problem))
        name = (error.job or _UNNAMED)[:64]
        policy = (spec.alerts if spec else error.alerts) or AlertPolicy()
        job = self.jobs.get(name)
        job = msgspec.structs.replace(job, job=name, route=policy.route or job.route)
        rows = tuple((one.path, one.problem, one.hint) for one in error.problems[:_SHOWN])
        title = f"Job {name}: its spec was refused, {error.problems[0].path}"
        summary = f"{error.problems[0]}. Nothing was launched."
        # Of specs without a name each mistake is an incident: others of them are somebody else's.
        kind = "refused" if error.job else f"refused-{_digest(error)}"
        alert = telling.problem(job, kind, now, title, summary)
        evidence = (Table("Problems", ("field", "what is wrong", "what to write"), rows),)
        if "refused" in policy.on:
            self.jobs.open(job, {kind: msgspec.structs.replace(alert, evidence=evidence)}, now)
        if slot is not None:
            self._settle(name, slot, now)

    def _settle(self, name: str, slot: float, now: float) -> None:
        def change(row: JobRow) -> JobRow:
            refused = tuple(sorted({*row.refused, float(int(slot))}))[-_REMEMBERED:]
            newest = max(slot, row.last_slot or 0.0)
            return msgspec.structs.replace(row, last_slot=newest, refused=refused)

        self.jobs.change(name, change, now)


def _digest(error: InvalidSpec) -> str:
    return hashlib.sha256(str(error).encode()).hexdigest()[:6]
