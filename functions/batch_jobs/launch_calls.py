"""RunTask for what was meant to be launched, side by side, and the facts that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from batch_jobs import stop_reasons
from batch_jobs.brakes import Seen
from batch_jobs.causes import QUOTA
from batch_jobs.endings import Ending, Endings
from batch_jobs.ids import AttemptId
from batch_jobs.launch_outcome import Again, Launched, Outcome, Refused
from batch_jobs.readiness import scope_of
from batch_jobs.request import request_of
from batch_jobs.retrying import Place
from batch_jobs.rows import (
    RUNNING,
    AttemptRow,
    Key,
    Plan,
    Row,
    RunRow,
    attempt_key,
    row_of,
    run_key,
)
from batch_jobs.run import LaunchBegan
from batch_jobs.run_task import run_task
from batch_jobs.tasks import TaskReader, stop_task
from batch_jobs.verdict import Kind, Verdict
from ecsops.errors import OpsError
from ecsops.observability import logger
from ecsops.parallel import raised, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# A client token lives "24 hours or one hour after the task has stopped" (ECS_Idempotency in the API
# reference): that of a task which ends at once is forgotten after an hour, and would launch again.
TOKEN_IS_SAFE_S = 3000.0


@dataclass(frozen=True, slots=True)
class Launch:
    """An attempt to be launched for a row of the agenda, and when that was first meant."""

    key: Key
    id: AttemptId
    place: Place
    meant_at: float


@dataclass(slots=True)
class Tally:
    """What a pass did, for metrics and alerts."""

    launched: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    quota: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    throttled: int = 0
    began: list[RunRow] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes the calls and writes down what they meant."""

    ecs: ECSClient
    reader: TaskReader
    endings: Endings

    def make(
        self,
        launches: Sequence[Launch],
        runs: Mapping[str, RunRow],
        plans: Mapping[str, Plan],
        now: float,
        tally: Tally,
    ) -> set[AttemptId]:
        """The attempts about which everything is written down; the others are to be made again."""
        calls: list[Callable[[], Outcome]] = [
            partial(self._run_task, one, plans, now) for one in launches
        ]
        answers: list[Outcome | Exception] = run_all(calls)
        outcomes: dict[Launch, Outcome] = {}
        for one, answer in zip(launches, answers, strict=True):
            outcomes[one] = _outcome_of(one, answer)
        self._refused(outcomes, plans, now, tally)
        elsewhere = self._launched_elsewhere(outcomes)
        rows: list[tuple[Key, Row]] = []
        for one, outcome in outcomes.items():
            _note(tally, scope_of(plans[one.id.run], one.place), outcome)
            if isinstance(outcome, Again):
                logger.warning(
                    "not launched yet", run=one.id.run, shard=one.id.shard, reason=outcome.reason
                )
                continue
            task = outcome.task_arn if isinstance(outcome, Launched) else None
            row = AttemptRow(at=one.meant_at, place=one.place, task=task, settled=True)
            rows.append((attempt_key(one.id, "a"), row))
        self.endings.ledger.put_many(rows, now)
        settled = {one.id for one, outcome in outcomes.items() if not isinstance(outcome, Again)}
        started = {
            one: outcome.task_arn
            for one, outcome in outcomes.items()
            if isinstance(outcome, Launched)
        }
        self._begin({one.id.run for one in started}, runs, plans, now, tally)
        self._stop_superfluous(started | elsewhere, plans)
        return settled

    def _begin(
        self,
        runs: Iterable[str],
        known: Mapping[str, RunRow],
        plans: Mapping[str, Plan],
        now: float,
        tally: Tally,
    ) -> None:
        """Note each run's first launch, and whether it was late."""
        for run in runs:
            if known[run].started is None:
                row = self.endings.runs.apply(run, LaunchBegan(), now)
                if row is not None and row.started == now:
                    tally.began.append(row)
                    if self.endings.runs.is_late(row, plans[run].spec.alerts, now):
                        tally.late.append(row.job)

    def _run_task(self, one: Launch, plans: Mapping[str, Plan], now: float) -> Outcome:
        plan = plans[one.id.run]
        if now - one.meant_at > TOKEN_IS_SAFE_S:
            tasks = self.reader.started_by(plan.spec.cluster, one.id.started_by)
            if tasks:
                return Launched(tasks[0])
            # ECS forgets stopped tasks after an hour: it may have run. Another attempt, with a token of
            # its own, is paid from the budget of interruptions.
            return Refused(Verdict(Kind.LOST, "launch-unknown", "launched long ago, or never"))
        item = self.endings.plans.item(plan, one.id.shard)
        return run_task(self.ecs, request_of(plan, one.id, one.place, item))

    def _refused(
        self,
        outcomes: Mapping[Launch, Outcome],
        plans: Mapping[str, Plan],
        now: float,
        tally: Tally,
    ) -> None:
        refused = {one: out.verdict for one, out in outcomes.items() if isinstance(out, Refused)}
        for one, verdict in refused.items():
            tally.refused[verdict.cause] = tally.refused.get(verdict.cause, 0) + 1
            if verdict.cause == QUOTA and plans[one.id.run].spec.alerts_on("quota"):
                tally.quota[one.id.run] = verdict.reason
        if refused:
            self.endings.record([Ending(one.id, v, now) for one, v in refused.items()], now)

    def _launched_elsewhere(self, outcomes: Mapping[Launch, Outcome]) -> dict[Launch, str]:
        """Tasks of attempts that were refused here, and not to another pass at the same time.

        The end was written before this is read, and is looked for after such a task was: one sees the other.
        """
        refused = {
            attempt_key(o.id, "a"): o for o, out in outcomes.items() if isinstance(out, Refused)
        }
        rows = self.endings.ledger.get_many(refused, AttemptRow)
        return {refused[key]: held.row.task for key, held in rows.items() if held.row.task}

    def _stop_superfluous(self, started: Mapping[Launch, str], plans: Mapping[str, Plan]) -> None:
        """Stop what was launched while its run was being stopped, or although its end is decided."""
        keys = {run_key(one.id.run) for one in started}
        found = self.endings.ledger.get_items(keys | {attempt_key(o.id, "e") for o in started})
        running = {
            key for key in keys & found.keys() if row_of(found[key], RunRow).state == RUNNING
        }
        stops = [
            partial(
                stop_task,
                self.ecs,
                plans[one.id.run].spec.cluster,
                task,
                stop_reasons.SUPERFLUOUS,
            )
            for one, task in started.items()
            if run_key(one.id.run) not in running or attempt_key(one.id, "e") in found
        ]
        for answer in run_all(stops):
            raised(answer)


def _note(tally: Tally, scope: str, outcome: Outcome) -> None:
    seen = tally.seen.setdefault(scope, Seen())
    match outcome:
        case Launched():
            seen.launched += 1
            tally.launched += 1
        case Again(_, throttled):
            seen.throttled += throttled
            tally.throttled += throttled
        case Refused(verdict):
            seen.quota += verdict.cause == QUOTA


def _outcome_of(one: Launch, answer: Outcome | Exception) -> Outcome:
    if isinstance(answer, OpsError):
        # A failed look-up before a launch.
        return Again(str(answer))
    if isinstance(answer, Exception):
        # A fault of ours. It concerns this attempt: raised, it would hold up all jobs in each pass.
        text = f"{type(answer).__name__}: {answer}"
        logger.error("launch not made", run=one.id.run, shard=one.id.shard, reason=text)
        return Refused(Verdict(Kind.NOT_STARTED, "toolkit", text, unknown=True))
    return answer
