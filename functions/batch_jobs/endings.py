"""The ends of attempts become facts, the facts become shards that are done, failed or to be retried.

The order makes every crash harmless: first what was decided (it stands, whoever reads it later), then
what is to be launched, then the run's bits. A message that is delivered again finishes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from batch_jobs import messages, shards
from batch_jobs.dependencies import late_since
from batch_jobs.ids import AttemptId
from batch_jobs.judge import Parts, Stopped, judge
from batch_jobs.ledger import Item, Ledger
from batch_jobs.plans import Plans
from batch_jobs.retrying import Before, Next, Place, next_step
from batch_jobs.rows import (
    AgendaRow,
    AttemptRow,
    EndRow,
    Key,
    Plan,
    Row,
    RunRow,
    WarningRow,
    agenda_key,
    attempt_key,
    encode,
    row_of,
    run_key,
)
from batch_jobs.run import Action, Decision, Event, ShardsEnded, decide
from batch_jobs.spec import AlertPolicy
from batch_jobs.verdict import Kind, Verdict
from ecsops.queue import send_later

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_DELAY_S = 900


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that ended ``at``, and the task if there was one."""

    id: AttemptId
    verdict: Verdict
    at: float
    task: Stopped | None = None


def ending_of(plan: Plan, id_: AttemptId, stopped: Stopped, now: float) -> Ending:
    """The end of an attempt by what ECS told of its task, in an event or when it was asked."""
    strategy = plan.spec.strategy
    verdict = judge(
        stopped,
        Parts(plan.main, frozenset(plan.essential)),
        spot_exit_zero=strategy.spot_exit_zero if strategy else "interruption",
    )
    return Ending(id_, verdict, stopped.stopped_at or now, stopped)


_WARNED = (Kind.INTERRUPTED, Kind.FAILED)


@dataclass(frozen=True, slots=True)
class Runs:
    """Changes runs, and does or passes on what follows from that."""

    ledger: Ledger
    sqs: SQSClient
    submit_queue_url: str
    launch_queue_url: str

    def apply(self, run: str, event: Event, now: float) -> RunRow | None:
        """Let an event happen to a run; None if there is no such run."""
        decided: list[Decision] = []

        def change(row: RunRow | None) -> RunRow | None:
            if row is None:
                return None
            decided.append(decide(row, event, now))
            return decided[-1].run

        row = self.ledger.change(run_key(run), RunRow, change, now)
        if row is not None:
            self._follow(row, decided[-1].actions)
        return row

    def depend(self, run: str, others: Iterable[str], now: float) -> bool:
        """Let a run wake others when it ends, or one of its shards does; False if it is not there."""

        def change(row: RunRow | None) -> RunRow | None:
            if row is None:
                return None
            dependents = tuple(dict.fromkeys((*row.dependents, *others)))
            return msgspec.structs.replace(row, dependents=dependents)

        return self.ledger.change(run_key(run), RunRow, change, now) is not None

    def waited_for(self, run: RunRow) -> dict[str, RunRow]:
        """The runs on which a run depends, those that are there."""
        known = self.ledger.get_many([run_key(wait.run) for wait in run.waits_for], RunRow)
        return {one.row.run: one.row for one in known.values()}

    def is_late(self, run: RunRow, policy: AlertPolicy, now: float) -> bool:
        """Whether a run should have begun by now. Others are read only if it depends on some."""
        late = late_since(run, policy, {})
        if late is not None and now <= late:
            return False
        late = late_since(run, policy, self.waited_for(run))
        return late is not None and now > late

    def pump(self, delay_s: int = 0) -> None:
        """Wake the launcher."""
        send_later(self.sqs, self.launch_queue_url, [messages.PUMP], delay_s)

    def tell(self, bodies: Sequence[str], delay_s: int = 0) -> None:
        """Follow-ups for the submit function."""
        send_later(self.sqs, self.submit_queue_url, bodies, delay_s)

    def _follow(self, row: RunRow, actions: Sequence[Action]) -> None:
        bodies = []
        if Action.FINISH in actions:
            bodies.append(messages.finish(row.run))
        if Action.STOP in actions:
            bodies.append(messages.stop(row.run))
        if bodies:
            self.tell(bodies)
        if Action.WAKE in actions:
            self.pump()


@dataclass(frozen=True, slots=True)
class Endings:
    """Records the ends of attempts."""

    ledger: Ledger
    plans: Plans
    runs: Runs

    def record(self, endings: Sequence[Ending], now: float) -> dict[AttemptId, EndRow]:
        """What was decided for each; attempts of runs that nobody knows are left out."""
        plans = self.plans.get({one.id.run for one in endings})
        # In order: the end of an attempt is what the next one of its shard goes by.
        known = sorted((one for one in endings if one.id.run in plans), key=lambda one: one.id)
        around = self.ledger.get_items(keys_around(one.id for one in known))
        ended: dict[AttemptId, EndRow] = {}
        new: list[tuple[Key, Row]] = []
        for one in known:
            key = attempt_key(one.id, "e")
            row = ended[one.id] = _end(plans[one.id.run], one, around)
            if key not in around:
                around[key] = {"body": {"S": encode(row)}}
                new.append((key, row))
        self.ledger.put_many(new, now)
        retries = [
            retry_row(plans[id_.run], id_, row.next)
            for id_, row in ended.items()
            if row.next.step == "retry" and attempt_key(id_, "w") not in around
        ]
        self.ledger.put_many([(agenda_key(row), row) for row in retries], now)
        if retries:
            wait = math.ceil(min(row.due for row in retries) - now)
            self.runs.pump(min(max(wait, 0), MOST_DELAY_S))
        for run in sorted({id_.run for id_ in ended}):
            own = {id_: row for id_, row in ended.items() if id_.run == run}
            self.runs.apply(run, shards_ended(own), now)
        return ended


def shards_ended(ended: Mapping[AttemptId, EndRow]) -> ShardsEnded:
    """What these ends mean for their run."""
    done = shards.of(id_.shard for id_, row in ended.items() if row.next.step == "done")
    failing = {id_: row for id_, row in ended.items() if row.next.step in ("failed", "fail-run")}
    fatal = [
        f"shard {id_.shard}: {_said(row.verdict)} ({row.next.why})"
        for id_, row in failing.items()
        if row.next.step == "fail-run"
    ]
    return ShardsEnded(done, shards.of(id_.shard for id_ in failing), min(fatal, default=""))


def _said(verdict: Verdict) -> str:
    return verdict.container_reason or verdict.reason or verdict.cause


def keys_around(ids: Iterable[AttemptId]) -> list[Key]:
    """What tells where an attempt ran, what was used before it, and what was decided already."""
    keys: list[Key] = []
    for id_ in ids:
        keys += [attempt_key(id_, "e"), attempt_key(id_, "w")]
        if id_.attempt > 1:
            before = AttemptId(id_.run, id_.shard, id_.attempt - 1)
            keys += [attempt_key(id_, "a"), attempt_key(before, "e"), attempt_key(before, "w")]
    return keys


def _end(plan: Plan, ending: Ending, around: Mapping[Key, Item]) -> EndRow:
    known = around.get(attempt_key(ending.id, "e"))
    if known is not None:
        return row_of(known, EndRow)
    place, before = before_of(ending.id, around)
    following = next_step(plan.spec, ending.id, place, ending.verdict, before, ending.at)
    warned = around.get(attempt_key(ending.id, "w"))
    if warned is not None and ending.verdict.kind in _WARNED and following.step != "fail-run":
        # Its replacement is under way, whether it used its two minutes or stumbled in them.
        following = row_of(warned, WarningRow).next
    task = ending.task
    return EndRow(
        verdict=ending.verdict,
        next=following,
        ended=ending.at,
        task=task.task_arn if task else None,
        created=task.created_at if task else None,
        started=task.started_at if task else None,
        provider=task.provider if task else None,
    )


def before_of(attempt: AttemptId, around: Mapping[Key, Item]) -> tuple[Place, Before]:
    """Where the attempt ran, and what its shard had used when it was launched."""
    if attempt.attempt == 1:
        return Place(), Before()
    previous = AttemptId(attempt.run, attempt.shard, attempt.attempt - 1)
    ended = around.get(attempt_key(previous, "e"))
    warned = around.get(attempt_key(previous, "w"))
    launched = around.get(attempt_key(attempt, "a"))
    if warned is not None:
        following, cause = row_of(warned, WarningRow).next, ""
    elif ended is not None:
        row = row_of(ended, EndRow)
        following, cause = row.next, row.verdict.cause
    else:
        following, cause = Next("retry"), ""
    place = row_of(launched, AttemptRow).place if launched is not None else following.place
    return place, Before(following.used, cause)


def retry_row(plan: Plan, ended: AttemptId, following: Next) -> AgendaRow:
    """What a retry puts on the agenda: the same for the same decision."""
    return AgendaRow(
        run=ended.run,
        due=following.due,
        priority=plan.spec.priority,
        shard=ended.shard,
        attempt=ended.attempt + 1,
        place=following.place,
    )
