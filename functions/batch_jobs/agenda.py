"""The agenda as a pass of the launcher sees it: what is due, what of it is intended, what is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batch_jobs import shards
from batch_jobs.ids import AttemptId
from batch_jobs.ledger import Ledger, Versioned, rev_of
from batch_jobs.plans import Plans
from batch_jobs.readiness import gates_of, ready, scope_of
from batch_jobs.rows import (
    AGENDA,
    FINAL,
    RUNNING,
    STOPPING,
    AgendaRow,
    AttemptRow,
    Brake,
    Key,
    Plan,
    RunRow,
    agenda_key,
    attempt_key,
    row_of,
    run_key,
)

_MOST_ROWS, _MOST_OF_A_RUN = 1000, 20


@dataclass(slots=True)
class Work:
    """A pass's view of the agenda. ``open`` are intended attempts that are not settled."""

    rows: dict[Key, Versioned[AgendaRow]]
    runs: dict[str, RunRow]
    plans: dict[str, Plan]
    later: float | None
    open: dict[Key, list[AttemptId]] = field(default_factory=dict)
    brakes: dict[str, Brake] = field(default_factory=dict)

    def wanted(self, key: Key) -> int:
        """How many launches a row wants now. An open block comes before another one."""
        row = self.rows[key].row
        if row.shard is not None:
            return 1
        return len(self.open.get(key, ())) or ready(row, self.plans[row.run], self.runs)[1]

    def scope(self, key: Key) -> str:
        """What holds a row's launches up, if it does."""
        row = self.rows[key].row
        return scope_of(self.plans[row.run], row.place)


@dataclass(slots=True)
class Agenda:
    """Reads it, and takes off it what is done. Lives as long as the function's process."""

    ledger: Ledger
    plans: Plans
    # Blocks that this process knows to be launched to the end: run, revision of its agenda row.
    complete: set[tuple[str, int]] = field(default_factory=set)

    def read(self, now: float) -> Work:
        """The agenda's due rows without those of runs that launch nothing any more."""
        rows: dict[Key, Versioned[AgendaRow]] = {}
        later: float | None = None
        for item in self.ledger.query(AGENDA):
            row = row_of(item, AgendaRow)
            if row.due <= now:
                rows[agenda_key(row)] = Versioned(row, rev_of(item))
            else:
                later = min(row.due, later or row.due)
            if len(rows) >= _MOST_ROWS:
                rows |= self._behind(rows, item["sk"]["S"], now)
                break
        wanted = {one.row.run for one in rows.values()}
        plans = self.plans.get(wanted)
        runs = self._runs(wanted)
        runs |= self._runs(gates_of(runs.values()) - wanted)
        work = Work(rows, runs, plans, later)
        obsolete = [key for key, one in rows.items() if _is_obsolete(one.row, work)]
        self.ledger.delete_many(obsolete)
        work.rows = {
            key: one for key, one in rows.items() if key not in obsolete and _is_live(one.row, work)
        }
        self._look_into_blocks(work)
        return work

    def _behind(
        self, rows: Mapping[Key, Versioned[AgendaRow]], last: str, now: float
    ) -> dict[Key, Versioned[AgendaRow]]:
        """Due rows of the runs that come after so many rows of others: nobody waits for those.

        Of each run as many as a pass could launch; that of runs which are there already is enough.
        """
        of_run = Counter(one.row.run for one in rows.values())
        keys: list[Key] = []
        for name in self.ledger.query_names(AGENDA, last):
            _, due, run, *_ = name.split("#")
            if float(due) <= now and of_run[run] < _MOST_OF_A_RUN:
                of_run[run] += 1
                keys.append((AGENDA, name))
            if len(keys) >= _MOST_ROWS:
                break
        return self.ledger.get_many(keys, AgendaRow)

    def _runs(self, names: set[str]) -> dict[str, RunRow]:
        found = self.ledger.get_many([run_key(run) for run in names], RunRow)
        return {one.row.run: one.row for one in found.values()}

    def _look_into_blocks(self, work: Work) -> None:
        """Which shards of a block that another process meant to launch are not settled?"""
        blocks = {
            key: block_of(one.row)
            for key, one in work.rows.items()
            if one.row.block and (one.row.run, one.rev) not in self.complete
        }
        settled = self.settled([id_ for ids in blocks.values() for id_ in ids])
        for key, ids in blocks.items():
            work.open[key] = [id_ for id_ in ids if id_ not in settled]

    def settled(self, ids: Sequence[AttemptId]) -> set[AttemptId]:
        """Attempts of which the launch, or already the end, is written down.

        One whose end is written was refused or has even stopped: whoever wrote that died before the rest.
        Launching it, with whatever token, could start it beside the attempt that follows it.
        """
        found = self.ledger.get_items(attempt_key(id_, what) for id_ in ids for what in "ae")
        return {
            id_
            for id_ in ids
            if attempt_key(id_, "e") in found
            or (
                (item := found.get(attempt_key(id_, "a"))) is not None
                and row_of(item, AttemptRow).settled
            )
        }

    def strike(self, work: Work) -> None:
        """Take off the agenda what is launched to its end."""
        gone: list[Key] = []
        for key, one in work.rows.items():
            row = one.row
            if work.open.get(key) is None or work.open[key]:
                continue
            if row.shard is None:
                self.complete.add((row.run, one.rev))
                if shards.decode(row.intended) != shards.decode(work.plans[row.run].shards):
                    continue
            gone.append(key)
        self.ledger.delete_many(gone)
        for key in gone:
            self.complete.discard((work.rows[key].row.run, work.rows[key].rev))
            del work.rows[key]


def block_of(row: AgendaRow) -> list[AttemptId]:
    """The first attempts that were meant to be launched last."""
    return [AttemptId(row.run, shard, 1) for shard in shards.members(shards.decode(row.block))]


def _is_obsolete(row: AgendaRow, work: Work) -> bool:
    """What nothing can come of: the run is over, or this is a retry and the run is being stopped.

    Or its shard is over: a task that Spot was about to take may have come to its end in time.
    """
    run = work.runs.get(row.run)
    if run is None:
        return False
    if row.shard is None or run.state in FINAL:
        return run.state in FINAL
    over = shards.decode(run.done) | shards.decode(run.failed)
    return run.state == STOPPING or bool(over >> row.shard & 1)


def _is_live(row: AgendaRow, work: Work) -> bool:
    """First attempts of a run that is being stopped are for whoever stops it."""
    run = work.runs.get(row.run)
    return run is not None and run.state == RUNNING and row.run in work.plans
