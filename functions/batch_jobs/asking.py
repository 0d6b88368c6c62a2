"""Asks ECS about tasks: those without news, those beyond limits, those that nobody should have started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from batch_jobs import shards, stop_reasons, telling
from batch_jobs.attempts import Attempts
from batch_jobs.endings import Ending, Endings, ending_of
from batch_jobs.ids import AttemptId, attempt_of
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.rows import FINAL, JobRow, Plan, RunRow, attempt_key, run_key
from batch_jobs.stopped import of_description
from batch_jobs.tasks import TaskReader, stop_task
from batch_jobs.times import seconds
from batch_jobs.verdict import Kind, Verdict
from ecsops.errors import ClusterGone
from ecsops.observability import count, logger
from ecsops.parallel import raised, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# Without news for so long, ECS is asked.
_QUIET_S = 600
# "Stopped tasks remain visible for at least one hour" (API DescribeTasks).
_KNOWN_S = 3600


@dataclass(frozen=True, slots=True)
class Asking:
    """What ECS says of tasks is held against the ledger."""

    ledger: Ledger
    jobs: Jobs
    endings: Endings
    ecs: ECSClient
    reader: TaskReader

    def ask(self, plan: Plan, attempts: Attempts, now: float) -> None:
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
        self.stop(plan.spec.cluster, stops)

    def stop(self, cluster: str, stops: Mapping[str, str]) -> None:
        """Stop tasks, each for its reason."""
        calls = [
            partial(stop_task, self.ecs, cluster, task, reason) for task, reason in stops.items()
        ]
        for answer in run_all(calls):
            raised(answer)

    def _lost(self, plan: Plan, lost: list[AttemptId], now: float) -> None:
        job = self.jobs.get(plan.spec.job)
        title = f"Job {job.job}: ECS does not know {len(lost)} of its tasks any more"
        shown = ", ".join(f"{id_.shard}/{id_.attempt}" for id_ in lost[:10])
        summary = (
            f"Run {plan.run}, shards/attempts {shown}: nobody told how they ended. They count as "
            "interrupted; a rule with stopCode Lost can say otherwise."
        )
        self.jobs.open(job, {"lost": telling.problem(job, "lost", now, title, summary)}, now)

    def sweep(self, job: JobRow) -> None:
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
            self.stop(job.cluster, stops)


def _is_over(run: RunRow, id_: AttemptId) -> bool:
    return run.state in FINAL or bool(shards.decode(run.done) >> id_.shard & 1)


def _lost() -> Verdict:
    return Verdict(Kind.LOST, "lost", "ECS does not know the task any more, and told nothing")


def _limit(plan: Plan) -> float:
    limits = plan.spec.limits
    return min(seconds(limits.run) or _QUIET_S, seconds(limits.launch) or _QUIET_S)
