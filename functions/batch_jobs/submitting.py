"""A spec becomes a run, exactly once.

In this order, so that whoever comes after a crash goes on where it happened: the plan, the overlap lock,
the agenda, and the run's row last. Where that row is, everything before it is, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from batch_jobs import messages, shards, telling
from batch_jobs.dependencies import wait_of
from batch_jobs.endings import Runs
from batch_jobs.ids import time_of
from batch_jobs.inputs import Inputs
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.overlap import DISPLACED, Admission, admit
from batch_jobs.plans import ITEMS_PER_PAGE
from batch_jobs.rows import (
    FINAL,
    MISSED,
    RUNNING,
    SKIPPED,
    WAITING,
    AgendaRow,
    Items,
    JobRow,
    Key,
    Plan,
    Row,
    RunRow,
    Wait,
    Waiters,
    agenda_key,
    items_key,
    plan_key,
    row_of,
    run_key,
    waiters_key,
)
from batch_jobs.run import GaveUp, StopAsked
from batch_jobs.spec import Spec
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec
from batch_jobs.times import iso, parse_slot, seconds
from ecsops.parallel import chunks

# Clocks differ a little; a schedule never asks before its slot.
_AHEAD_S = 300.0


@dataclass(frozen=True, slots=True)
class Submitting:
    """Takes specs in."""

    ledger: Ledger
    jobs: Jobs
    runs: Runs
    inputs: Inputs

    def submit(self, spec: Spec, run: str, now: float) -> RunRow:
        """The run of a spec: begun, waiting, skipped or missed."""
        known = self.ledger.get(run_key(run), RunRow)
        if known is not None:
            self._wake(known.row, now)
            return known.row
        slot = None if spec.slot is None else parse_slot(spec.slot)
        self._possible(spec, slot, now)
        if slot is not None:
            barred = self._barred(spec, slot, now)
            if barred is not None:
                return self.record(spec, run, barred, now)
        items = self.inputs.items(spec)
        plan = self.inputs.plan(spec, run, items, now)
        plan = self._keep(plan, now, items if spec.fan_out.lines is not None else None)
        return self.begin(plan, slot, now)

    def again(self, plan: Plan, run: str, only: int, now: float, by: str) -> RunRow:
        """Another run of a plan: of all its shards or of some."""
        known = self.ledger.get(run_key(run), RunRow)
        if known is not None:
            return known.row
        chosen = shards.encode(shards.decode(plan.shards) & only)
        items = self._items(plan)
        # It is due now: by its old slot it would be late, or missed.
        by_hand = msgspec.structs.replace(plan.spec, slot=None)
        fresh = msgspec.structs.replace(plan, run=run, shards=chosen, spec=by_hand)
        return self.begin(self._keep(fresh, now, items), None, now, by)

    def begin(self, plan: Plan, slot: float | None, now: float, by: str = "") -> RunRow:
        """The run of a plan, as far as the job's other runs let it."""
        waits = self._waits(plan.spec, slot)
        admission, row = self._admit(plan, slot, waits, now, by)
        if row.state == RUNNING:
            self.plan_launches(row.run, plan, now)
        for wait in row.waits_for:
            self._register(wait.run, row.run, now)
        if not self.ledger.create(run_key(row.run), row, now):
            return row
        self._wake(row, now)
        telling.publish_events(self.jobs.events, [telling.event_of(row, now)])
        for other in admission.replaced:
            self.runs.apply(other, StopAsked(row.run, f"replaced by {row.run}"), now)
        for other in admission.job.displaced:
            self.runs.apply(other, GaveUp(SKIPPED, f"{DISPLACED}: {row.run}"), now)
        if "refused" in admission.job.incidents:
            self.jobs.close(row.job, ("refused",), f"Run {row.run} was accepted.", now)
        return row

    def record(self, spec: Spec, run: str, ends: tuple[str, str], now: float) -> RunRow:
        """A run that never was: its state and why."""
        row = self._row(spec, run, now, ends[0])
        row = msgspec.structs.replace(row, reason=ends[1], ended=now)
        self.ledger.create(run_key(run), row, now)
        self._wake(row, now)
        return row

    def plan_launches(self, run: str, plan: Plan, now: float) -> None:
        """Put a run's first attempts on the agenda; they are there once, whoever does it again."""
        agenda = first_attempts(run, plan)
        self.ledger.create(agenda_key(agenda), agenda, now)

    def _possible(self, spec: Spec, slot: float | None, now: float) -> None:
        """Refuse what could not be right whenever it came."""
        if slot is not None and slot > now + _AHEAD_S:
            hint = "a run is asked for when it is due: let a schedule send it then"
            raise InvalidSpec((Problem("$.slot", f"{spec.slot} is in the future", hint),), spec.job)
        for number, one in enumerate(spec.depends_on):
            if slot is None and one.job is not None and self._newest(one.job, None) is None:
                problem = f"no run of {one.job} is known"
                hint = "check the name, or run it first"
                path = f"$.dependsOn[{number}].job"
                raise InvalidSpec((Problem(path, problem, hint),), spec.job)

    def _barred(self, spec: Spec, slot: float, now: float) -> tuple[str, str] | None:
        if self.jobs.get(spec.job).paused:
            return SKIPPED, "the job is paused"
        deadline = seconds(spec.starting_deadline)
        if deadline is not None and now - slot > deadline:
            late = f"due at {iso(slot)}, asked for at {iso(now)}"
            return MISSED, f"{late}: later than startingDeadline {spec.starting_deadline}"
        return None

    def _keep(self, plan: Plan, now: float, items: Sequence[str] | None = None) -> Plan:
        """Write the plan down; the one that is there already stands, and so do its items."""
        pages = chunks(list(items or ()), ITEMS_PER_PAGE)
        if pages and (known := self.ledger.get(plan_key(plan.run), Plan)) is not None:
            return known.row
        plan = msgspec.structs.replace(plan, pages=len(pages))
        rows: list[tuple[Key, Row]] = [
            (items_key(plan.run, number), Items(items=tuple(page)))
            for number, page in enumerate(pages)
        ]
        self.ledger.put_many(rows, now)
        if self.ledger.create(plan_key(plan.run), plan, now):
            return plan
        known = self.ledger.get(plan_key(plan.run), Plan)
        return known.row if known else plan

    def _items(self, plan: Plan) -> tuple[str, ...] | None:
        if not plan.pages:
            return None
        found = self.ledger.get_many(
            [items_key(plan.run, number) for number in range(plan.pages)], Items
        )
        return tuple(item for key in sorted(found) for item in found[key].row.items)

    def _admit(
        self, plan: Plan, slot: float | None, waits: tuple[Wait, ...], now: float, by: str
    ) -> tuple[Admission, RunRow]:
        spec = plan.spec
        decided: list[tuple[Admission, RunRow]] = []
        shown: list[RunRow] = []
        holds = slot is not None and spec.starting_deadline is not None

        def change(job: JobRow) -> JobRow:
            admission = admit(job, plan.run, spec.overlap, spec.queue_length, holds=holds)
            row = self._row(spec, plan.run, now, _state(admission, waits))
            row = msgspec.structs.replace(
                row,
                task_definition=plan.task_definition.rpartition("/")[2],
                count=plan.count,
                done=shards.encode(shards.all_of(plan.count) & ~shards.decode(plan.shards)),
                reason=admission.reason if row.state != RUNNING else "",
                ended=now if row.state in FINAL else None,
                waits_for=waits,
                by=by,
            )
            decided[:], shown[:] = [(admission, row)], [] if row.state == SKIPPED else [row]
            newest = max(slot or 0.0, job.last_slot or 0.0) or None
            return msgspec.structs.replace(
                admission.job,
                cluster=spec.cluster,
                family=plan.task_definition.rpartition("/")[2].partition(":")[0],
                route=spec.alerts.route,
                last_slot=newest,
            )

        self.jobs.change(spec.job, change, now, shown)
        admission, row = decided[-1]
        return admission, row

    def _row(self, spec: Spec, run: str, now: float, state: str) -> RunRow:
        return RunRow(
            run=run,
            job=spec.job,
            cluster=spec.cluster,
            task_definition=spec.task_definition,
            state=state,
            slot=None if spec.slot is None else parse_slot(spec.slot),
            created=now,
            max_failed=spec.max_failed_shards,
            limited=spec.parallelism is not None,
            alerts=spec.alerts.on,
            route=spec.alerts.route,
        )

    def _waits(self, spec: Spec, slot: float | None) -> tuple[Wait, ...]:
        found = [wait_of(one, slot, self._newest(one.job, slot)) for one in spec.depends_on]
        return tuple(wait for wait in found if wait is not None)

    def _newest(self, job: str | None, slot: float | None) -> str | None:
        if job is None or slot is not None:
            return None
        items = self.ledger.query(f"job#{job}", newest_first=True)
        rows = (row_of(item, RunRow) for item in items)
        return next((row.run for row in rows if row.state not in (SKIPPED, MISSED)), None)

    def _register(self, other: str, run: str, now: float) -> None:
        """Let the other run wake this one; if it is not there yet, leave word for it.

        It looks for such a word once its row is written, so one of the two sees the other.
        """
        if self.runs.depend(other, (run,), now):
            return

        def change(row: Waiters | None) -> Waiters:
            runs = (*(row.runs if row else ()), run)
            return Waiters(runs=tuple(dict.fromkeys(runs)))

        self.ledger.change(waiters_key(other), Waiters, change, now)
        self.runs.depend(other, (run,), now)

    def _wake(self, row: RunRow, now: float) -> None:
        """What comes next for a run that is written down."""
        waiters = self.ledger.get(waiters_key(row.run), Waiters)
        if waiters is not None:
            self.runs.depend(row.run, waiters.row.runs, now)
            # Who goes shard by shard begins as soon as it is there.
            self.runs.tell([messages.start(one) for one in waiters.row.runs])
        if row.state == RUNNING:
            self.runs.pump()
        elif row.state == WAITING:
            self.runs.tell([messages.start(row.run)], delay_s=1)
        elif not row.closed:
            self.runs.tell([messages.finish(row.run)])


def first_attempts(run: str, plan: Plan) -> AgendaRow:
    """What a run puts on the agenda; its key follows from the run's id."""
    return AgendaRow(run=run, due=time_of(run), priority=plan.spec.priority)


def _state(admission: Admission, waits: tuple[Wait, ...]) -> str:
    if admission.says == "skip":
        return SKIPPED
    # Whoever depends on another run looks at it before it starts.
    return WAITING if admission.says == "wait" or waits else RUNNING
