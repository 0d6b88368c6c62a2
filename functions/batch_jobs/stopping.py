"""Stops a run: no launch any more, no task any more, and then no shard is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from batch_jobs import messages, shards, stop_reasons
from batch_jobs.attempts import Attempts, read_attempts
from batch_jobs.endings import Ending, Endings
from batch_jobs.ids import AttemptId
from batch_jobs.ledger import Ledger, Versioned
from batch_jobs.rows import (
    FAILED,
    STOPPING,
    AgendaRow,
    AttemptRow,
    Plan,
    RunRow,
    agenda_key,
    attempt_key,
    plan_key,
    run_key,
)
from batch_jobs.run import ShardsEnded
from batch_jobs.submitting import first_attempts
from batch_jobs.tasks import TaskReader, stop_task
from batch_jobs.verdict import Kind, Verdict
from ecsops.parallel import raised, run_all

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# Longer than a launcher's pass may take: one that had begun before the run was stopped is over.
_PASS_IS_OVER_S = 30
_AGAIN_S, _SOON_S = 20, 5
# StopTask shares 40 calls a second, 100 at once, with RunTask: half of them for a run with many tasks.
_STOPS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Stopping:
    """Takes steps until a STOPPING run has nothing open."""

    ledger: Ledger
    endings: Endings
    ecs: ECSClient
    reader: TaskReader

    def step(self, run: str, now: float) -> None:
        """Take a step, and come back as long as something is open."""
        known = self.ledger.get(run_key(run), RunRow)
        plan = self.ledger.get(plan_key(run), Plan)
        if known is None or plan is None or known.row.state != STOPPING:
            return
        agenda = self._fence(run, plan.row, now)
        if agenda is None:
            self.endings.runs.tell([messages.stop(run)], delay_s=1)
            return
        attempts = read_attempts(self.ledger, run)
        over = now - (known.row.stopping_at or now) > _PASS_IS_OVER_S
        launched = shards.decode(agenda.launched or "")
        never = shards.decode(plan.row.shards) & ~launched
        if over:
            never |= shards.of(id_.shard for id_ in attempts.to_retry())
            self._resolve(plan.row, agenda, attempts, now)
        self.endings.runs.apply(run, ShardsEnded(failed=never), now)
        left = sorted(attempts.with_task.items())
        wait = _AGAIN_S if len(left) <= _STOPS_AT_ONCE else _SOON_S
        self._stop(plan.row, known.row, dict(_turn(left, known.row, now)))
        state = self.ledger.get(run_key(run), RunRow)
        if state is not None and state.row.state == STOPPING:
            self.endings.runs.tell([messages.stop(run)], delay_s=wait)

    def _fence(self, run: str, plan: Plan, now: float) -> AgendaRow | None:
        """Keep what was intended: a pass under way can intend no more over the new revision.

        None if one was faster.
        """
        first = first_attempts(run, plan)
        key = agenda_key(first)
        held = self.ledger.get(key, AgendaRow)
        if held is None:
            # Everything was launched, and struck off.
            return msgspec.structs.replace(first, launched=plan.shards)
        if held.row.launched is not None:
            return held.row
        fenced = msgspec.structs.replace(held.row, launched=held.row.intended)
        return fenced if self._write(key, fenced, held, now) else None

    def _write(
        self, key: tuple[str, str], row: AgendaRow, held: Versioned[AgendaRow], now: float
    ) -> bool:
        return self.ledger.write(key, row, held.rev, now)

    def _resolve(self, plan: Plan, agenda: AgendaRow, attempts: Attempts, now: float) -> None:
        """What was meant to be launched, and nobody knows whether it was: ECS does."""
        block = shards.members(shards.decode(agenda.block) & shards.decode(agenda.launched or ""))
        unknown = {AttemptId(plan.run, shard, 1): agenda.at for shard in block}
        unknown = {id_: at for id_, at in unknown.items() if id_ not in attempts.launched}
        unknown |= {id_: row.at for id_, row in attempts.open.items() if not row.settled}
        for id_, at in unknown.items():
            tasks = self.reader.started_by(plan.spec.cluster, id_.started_by)
            if tasks:
                row = AttemptRow(at=at, task=tasks[0], settled=True)
                attempts.launched[id_] = row
                self.ledger.put_many([(attempt_key(id_, "a"), row)], now)
            else:
                verdict = Verdict(Kind.CANCELLED, "never-launched", "the run was stopped before")
                self.endings.record([Ending(id_, verdict, now)], now)

    def _stop(self, plan: Plan, run: RunRow, tasks: Mapping[AttemptId, str]) -> None:
        reason = stop_reasons.RUN_FAILED if run.outcome == FAILED else stop_reasons.CANCELLED
        calls = [
            partial(stop_task, self.ecs, plan.spec.cluster, task, reason) for task in tasks.values()
        ]
        for answer in run_all(calls):
            raised(answer)


def _turn[T](tasks: Sequence[T], run: RunRow, now: float) -> Sequence[T]:
    """Others with each step: a task that was asked to stop may take minutes."""
    if len(tasks) <= _STOPS_AT_ONCE:
        return tasks
    first = int((now - (run.stopping_at or now)) // _SOON_S) * _STOPS_AT_ONCE % len(tasks)
    return [*tasks[first:], *tasks[:first]][:_STOPS_AT_ONCE]
