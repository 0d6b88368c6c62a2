"""Tasks that other people's schedules and rules start: history and alerts without any change to them.

EventBridge Scheduler starts tasks as ``chronos-schedule/<name>``, rules as ``events-rule/<name>`` (seen in
the field). Both forget a task once RunTask has answered; what happens then, and failures in the answer,
nobody sees.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs import shards, telling
from batch_jobs.ids import BY_FAMILY, STARTED_BY
from batch_jobs.jobs import Jobs
from batch_jobs.judge import Parts, Stopped, judge
from batch_jobs.rows import FAILED, SUCCEEDED, JobRow, RunRow, run_key
from batch_jobs.stopped import of_event
from batch_jobs.times import compact
from batch_jobs.verdict import Verdict
from ecsops.arns import parse_arn
from ecsops.errors import call_failed
from ecsops.events.cloudtrail import ApiCall
from ecsops.events.task_state import TaskStateChange
from ecsops.observability import count, logger

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_PREFIXES = ("chronos-schedule/", "events-rule/")
_TOGETHER_S = 60
# Every SDK tries these again; who gives up in the end fails visibly.
_TRIED_AGAIN = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests", re.IGNORECASE)


def is_foreign(started_by: str | None) -> bool:
    """Whether a schedule or a rule of somebody else's has started the task."""
    return started_by is not None and started_by.startswith(_PREFIXES)


# Who calls RunTask with nobody there to look at the answer.
_SERVICES = ("scheduler.amazonaws.com", "events.amazonaws.com")


@dataclass(slots=True)
class Foreign:
    """Records them. ``essential`` containers by task definition are remembered."""

    jobs: Jobs
    ecs: ECSClient
    essential: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def task(self, task: TaskStateChange, now: float) -> None:
        """A task has stopped."""
        stopped = of_event(task)
        names = self._essential(task)
        verdict = judge(stopped, Parts(names[0] if names else "", frozenset(names)))
        job = str(task.started_by)
        created = stopped.created_at or now
        row = RunRow(
            run=f"{job}-{compact(created)}-{task.task_arn[-6:]}",
            job=job,
            cluster=parse_arn(task.cluster_arn, "$.detail.clusterArn").name,
            task_definition=(task.task_definition_arn or "").rpartition("/")[2],
            state=FAILED if verdict.failed else SUCCEEDED,
            done=shards.encode(0 if verdict.failed else 1),
            failed=shards.encode(1 if verdict.failed else 0),
            created=created,
            started=stopped.started_at,
            ended=stopped.stopped_at or now,
            reason=_why(stopped, verdict) if verdict.failed else "",
            closed=True,
            foreign=True,
            launches=1,
        )
        if verdict.failed:
            count("ForeignTasksFailed")
        self._tell(row, now)

    def call(self, call: ApiCall, event_id: str, occurred_at: float | None, now: float) -> None:
        """Somebody's RunTask started nothing, or not everything, and nobody was told."""
        parameters = call.request_parameters or {}
        started_by = parameters.get("startedBy")
        if isinstance(started_by, str) and started_by.startswith(STARTED_BY):
            return
        reasons = sorted({str(one.get("reason", "")) for one in call.failures})
        if _TRIED_AGAIN.search(call.error_code or ""):
            count("ForeignFailures")
            return
        if call.error_code:
            reasons.append(f"{call.error_code}: {call.error_message or ''}")
        if not reasons:
            return
        family = str(parameters.get("taskDefinition", "unknown")).rpartition("/")[2]
        job = started_by if isinstance(started_by, str) and is_foreign(started_by) else None
        job = job or f"{BY_FAMILY}{family.partition(':')[0]}"
        identity = call.user_identity
        caller = (identity.invoked_by or identity.arn) if identity else None
        at = now if occurred_at is None else occurred_at
        name = hashlib.sha256(event_id.encode()).hexdigest()[:6]
        missing = _missing(call, parameters.get("count", 1))
        unattended = is_foreign(job) or (identity is not None and identity.invoked_by in _SERVICES)
        row = RunRow(
            run=f"{job}-{compact(at)}-{name}",
            job=job,
            cluster=str(parameters.get("cluster", "default")).rpartition("/")[2],
            task_definition=family,
            state=FAILED,
            failed=shards.encode(1),
            created=at,
            ended=at,
            reason=f"{missing}: {'; '.join(reasons)} (called by {caller or 'somebody'})",
            closed=True,
            foreign=True,
        )
        count("ForeignFailures")
        self._tell(row, now, unattended=unattended)

    def _tell(self, row: RunRow, now: float, *, unattended: bool = True) -> None:
        """The row last: whoever comes after a crash tells again, in the same words."""
        if self.jobs.ledger.get(run_key(row.run), RunRow) is not None:
            return
        job = JobRow(job=row.job, cluster=row.cluster, foreign=True)
        if row.state == FAILED:
            alert = telling.problem(job, "failed", row.at, f"{row.job} failed", f"{row.reason}.")
            if unattended:
                # Nobody looks at the answer of a schedule's call; of any other somebody may.
                alert = msgspec.structs.replace(alert, severity="critical")
            self.jobs.open(job, {"failed": alert}, now)
        else:
            since = self.jobs.get(row.job).incidents.get("failed", math.inf)
            # One call may start several tasks: what began together with a failure is no recovery from it.
            if row.created > since + _TOGETHER_S:
                self.jobs.close(row.job, ("failed",), f"Task {row.run} succeeded.", now)

        def change(known: JobRow) -> JobRow:
            return msgspec.structs.replace(known, cluster=row.cluster, foreign=True)

        self.jobs.change(row.job, change, now, [row])
        telling.publish_events(self.jobs.events, [telling.event_of(row, now)])
        self.jobs.ledger.create(run_key(row.run), row, now)

    def _essential(self, task: TaskStateChange) -> tuple[str, ...]:
        """The essential containers; all of the task's, where its definition cannot be read."""
        arn = task.task_definition_arn or ""
        if arn not in self.essential:
            try:
                answer = self.ecs.describe_task_definition(taskDefinition=arn)
            except (ClientError, BotoCoreError) as error:
                logger.warning(
                    "task definition not read",
                    reason=str(call_failed("DescribeTaskDefinition", error)),
                )
                return tuple(one.name for one in task.containers or ())
            self.essential[arn] = essential_of(answer["taskDefinition"]["containerDefinitions"])
        return self.essential[arn]


def essential_of(containers: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names of essential containers, in the definition's order."""
    return tuple(str(one["name"]) for one in containers if one.get("essential", True))


def _why(stopped: Stopped, verdict: Verdict) -> str:
    code = "" if verdict.exit_code is None else f", exit code {verdict.exit_code}"
    container = f" ({verdict.container}{code})" if verdict.container else ""
    return f"{verdict.container_reason or stopped.reason or verdict.cause}{container}"


def _missing(call: ApiCall, wanted: object) -> str:
    """How many tasks did not start: one failure may stand for several."""
    started = (call.response_elements or {}).get("tasks")
    if not started or not isinstance(started, list) or not isinstance(wanted, int):
        return "none of the tasks started"
    return f"{wanted - len(started)} of {wanted} tasks not started"
