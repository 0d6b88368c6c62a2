"""What people and other systems are told: alerts, events, metrics, the dashboard's item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from batch_jobs import flapping, shards
from batch_jobs.rows import (
    CANCELLED,
    FAILED,
    MISSED,
    RUNNING,
    SKIPPED,
    STOPPING,
    SUCCEEDED,
    JobRow,
    RunRow,
)
from batch_jobs.times import iso
from ecsops import bus
from ecsops.alerts import Alert, Lines, NextStep, Table
from ecsops.durations import format_duration
from ecsops.job_status import JobStatus, RunStatus, decode_job_status, encode_job_status, with_run
from ecsops.observability import MetricUnit, count, measure

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

CAPABILITY = "batch_jobs"
DETAIL_TYPE = "ECS Ops Job"
_PER_CALL = 10
_COUNTED = {
    SUCCEEDED: "RunsSucceeded",
    FAILED: "RunsFailed",
    MISSED: "RunsMissed",
    SKIPPED: "RunsSkipped",
    CANCELLED: "RunsCancelled",
}
_SHOWN = {RUNNING: "running", STOPPING: "running"}


class JobEvent(msgspec.Struct, frozen=True):
    """A change of a run's state, for users' own rules (docs/schemas/job-event-v1.json)."""

    job: str
    run: str
    state: str
    cluster: str
    at: float
    slot: float | None
    reason: str
    shards: int
    succeeded: int
    failed: int
    duration_s: float
    cost_usd: float
    version: str = "1"


def event_of(run: RunRow, now: float) -> JobEvent:
    """The event of a run as it is."""
    return JobEvent(
        job=run.job,
        run=run.run,
        state=run.state,
        cluster=run.cluster,
        at=now,
        slot=run.slot,
        reason=run.reason,
        shards=run.count,
        succeeded=shards.decode(run.done).bit_count(),
        failed=shards.decode(run.failed).bit_count(),
        duration_s=duration_of(run),
        cost_usd=run.cost_usd,
    )


def publish_events(events: EventBridgeClient, changes: Sequence[JobEvent]) -> None:
    """Put them on the default bus; raises ``PublishFailed`` if one was not taken."""
    bus.put(events, [bus.entry(DETAIL_TYPE, each) for each in changes])


def duration_of(run: RunRow) -> float:
    """From the first launch to the end; 0 while it lasts, or if it never began."""
    return max(run.ended - run.started, 0.0) if run.ended and run.started else 0.0


def lateness_of(run: RunRow) -> float:
    """How much later than due the first shard was launched."""
    return max(run.started - run.at, 0.0) if run.started else 0.0


def count_run(run: RunRow) -> None:
    """Metrics of a run that is over."""
    if run.state in _COUNTED:
        count(_COUNTED[run.state], Job=run.job)
    if run.started:
        measure("RunDuration", MetricUnit.Seconds, duration_of(run), Job=run.job)


def count_begin(run: RunRow) -> None:
    """Metrics of a run that has just begun."""
    measure("RunLateness", MetricUnit.Seconds, lateness_of(run), Job=run.job)


def status_with(job: JobRow, item: dict[str, Any], runs: Sequence[RunRow]) -> dict[str, Any]:
    """The attribute that the dashboard reads, with these runs in it."""
    content = item.get("status", {}).get("B")
    status = (decode_job_status(bytes(content)) if content else None) or JobStatus(job.cluster)
    status = msgspec.structs.replace(status, cluster=job.cluster, paused=job.paused)
    for run in runs:
        status = with_run(status, _status_of(run))
    return {"status": {"B": encode_job_status(status)}}


def _status_of(run: RunRow) -> RunStatus:
    return RunStatus(
        run.run,
        _SHOWN.get(run.state, run.state.lower()),
        run.at,
        duration_of(run),
        run.count,
        shards.decode(run.failed).bit_count(),
        lateness_of(run),
    )


def problem(job: JobRow, kind: str, since: float, title: str, summary: str) -> Alert:
    """The beginning of an incident of a job."""
    return Alert(
        incident=_incident(job.job, kind, since),
        stage=kind,
        severity="warning",
        state="open",
        at=since,
        capability=CAPABILITY,
        title=title,
        summary=summary,
        cluster=job.cluster or None,
        route=job.route,
    )


def recovered(job: JobRow, kind: str, since: float, how: str, now: float) -> Alert:
    """The end of an incident."""
    return Alert(
        incident=_incident(job.job, kind, since),
        stage="recovered",
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"Job {job.job}: {'settled' if kind == 'flapping' else 'well again'}",
        summary=f"{how} It was {kind.partition('-')[0]} since {iso(since)}.",
        cluster=job.cluster or None,
        route=job.route,
    )


def failed_alert(job: JobRow, run: RunRow) -> Alert:
    """A run has failed."""
    failed = list(shards.members(shards.decode(run.failed)))
    rows = (
        ("due", iso(run.at)),
        ("shards", f"{len(failed)} of {run.count} failed"),
        ("launches", f"{run.launches}, {run.interruptions} of them interrupted"),
        ("took", format_duration(duration_of(run))),
        ("failed shards", ", ".join(map(str, failed[:20])) + (" ..." if len(failed) > 20 else "")),
    )
    evidence: list[Table | Lines] = [Table("Run", ("what", "value"), rows)]
    if run.log:
        evidence.append(Lines("Last lines of the first failed shard", run.log))
    summary = (
        f"Run {run.run} on cluster {run.cluster}: {run.reason or 'failed'}. "
        "Until the job succeeds, its later failures belong to this incident."
    )
    return msgspec.structs.replace(
        problem(job, "failed", run.at, f"Job {run.job} failed", summary),
        severity="critical",
        evidence=tuple(evidence),
        next_steps=(
            NextStep("See what happened:", command=f"ecs-ops jobs history {run.job}"),
            NextStep("Read its log:", command=f"ecs-ops jobs logs {run.run}"),
            NextStep(
                "Run what failed again:", command=f"ecs-ops jobs rerun {run.run} --failed-shards"
            ),
        ),
    )


def missed_alert(job: JobRow, run: RunRow, others: int = 0) -> Alert:
    """A slot that got no run."""
    more = f" So were {others} slots before it." if others else ""
    title = f"Job {run.job} missed its slot {iso(run.at)}"
    return msgspec.structs.replace(
        problem(job, "missed", run.at, title, f"{run.reason}.{more}"),
        severity="critical",
        next_steps=(
            NextStep("See the last runs:", command=f"ecs-ops jobs history {run.job}"),
            NextStep("Run it by hand if it still matters:", command="ecs-ops jobs submit FILE"),
        ),
    )


def blocked_alert(job: JobRow, run: RunRow) -> Alert:
    """Slot after slot is skipped."""
    active = ", ".join(job.active)
    title = f"Job {run.job} skips its slots: {active} is not over"
    summary = f"{job.skipped} slots were skipped since it began, the last one {iso(run.at)}."
    return msgspec.structs.replace(
        problem(job, "blocked", run.at, title, summary),
        next_steps=(
            NextStep("See how far it is:", command=f"ecs-ops jobs history {run.job}"),
            NextStep("End it if it hangs:", command=f"ecs-ops jobs cancel {job.active[0]}"),
        ),
    )


def turned_away_alert(job: JobRow, run: RunRow) -> Alert:
    """Somebody asked for a run, and there is none."""
    title = f"Job {run.job}: a run that was asked for by hand was skipped"
    again = NextStep("Ask again when it is over:", command=f"ecs-ops jobs history {run.job}")
    return msgspec.structs.replace(
        problem(job, "blocked", run.at, title, f"{run.run}: {run.reason}."), next_steps=(again,)
    )


def flapping_alert(job: JobRow, run: RunRow, outcomes: Sequence[tuple[str, str]]) -> Alert:
    """Failures and recoveries in turn."""
    title = f"Job {run.job} fails and recovers again and again"
    summary = (
        f"Its latest run {run.state.lower()}. Until {flapping.ALIKE} runs in a row succeed, a single "
        "failure is told no more; two in a row are."
    )
    return msgspec.structs.replace(
        problem(job, "flapping", run.at, title, summary),
        severity="critical" if run.state == FAILED else "warning",
        evidence=(
            Table(
                "Latest runs",
                ("run", "ended"),
                tuple((one, state.lower()) for one, state in outcomes),
            ),
        ),
        next_steps=(
            NextStep("Compare its runs:", command=f"ecs-ops jobs history {run.job}"),
            NextStep(
                "Read a failed one's log:", command=f"ecs-ops jobs logs {_last_failed(outcomes)}"
            ),
        ),
    )


def _last_failed(outcomes: Sequence[tuple[str, str]]) -> str:
    return next((run for run, state in reversed(outcomes) if state == FAILED), "RUN")


def _incident(job: str, kind: str, since: float) -> str:
    return f"{CAPABILITY}:{job}:{kind}:{int(since)}"
