"""One pass of the launcher: what is due, who gets how many launches, and what became of them.

An intent is written before RunTask: for first attempts as a block of shards in the run's agenda row, for
a retry as its attempt row. After a crash the same intent leads to the same client tokens: nothing is
launched twice, and nothing is forgotten, for a row leaves the agenda last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from batch_jobs import shards
from batch_jobs.endings import MOST_DELAY_S
from batch_jobs.ids import AttemptId
from batch_jobs.launch_calls import Calls, Launch, Tally
from batch_jobs.ledger import Ledger, Versioned, rev_of
from batch_jobs.pace import Candidate, filled, share
from batch_jobs.readiness import gates_of, kind_of, ready
from batch_jobs.retrying import Place
from batch_jobs.rows import (
    AGENDA,
    BUCKETS,
    FINAL,
    PACE,
    RUNNING,
    STOPPING,
    AgendaRow,
    AttemptRow,
    Buckets,
    Key,
    Plan,
    RunRow,
    agenda_key,
    attempt_key,
    row_of,
    run_key,
)
from ecsops.parallel import raised, run_all

_MOST_LAUNCHES, _MOST_ROWS = 100, 1000
_TRIES = 5
_POLL_S = 1  # SQS delays by whole seconds


@dataclass(slots=True)
class _Work:
    """A pass's view of the agenda. ``open`` are intended attempts that are not settled."""

    rows: dict[Key, Versioned[AgendaRow]]
    runs: dict[str, RunRow]
    plans: dict[str, Plan]
    later: float | None
    open: dict[Key, list[AttemptId]] = field(default_factory=dict)


@dataclass(slots=True)
class Launcher:
    """Launches what is due. Lives as long as the function's process."""

    ledger: Ledger
    calls: Calls
    # Blocks that this process knows to be launched to the end: run, revision of its agenda row.
    complete: set[tuple[str, int]] = field(default_factory=set)

    def launch(self, now: float, tally: Tally) -> int | None:
        """Make a pass. In how many seconds is there more to do? None: when somebody wakes us."""
        work = self._read(now)
        if not work.rows:
            return _until(work.later, now)
        self._look_into_blocks(work)
        shares = self._take(work, now)
        launches = self._meant(work, shares, now)
        settled = self.calls.make(launches, work.runs, work.plans, now, tally)
        for key, ids in work.open.items():
            work.open[key] = [id_ for id_ in ids if id_ not in settled]
        self._strike(work)
        if shares:
            return 0
        waiting = any(self._wanted(key, work) for key in work.rows)
        if waiting:
            return _POLL_S
        return _until(work.later, now)

    def _read(self, now: float) -> _Work:
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
                break
        wanted = {one.row.run for one in rows.values()}
        plans = self.calls.endings.plans.get(wanted)
        runs = self._runs(wanted)
        runs |= self._runs(gates_of(runs.values()) - wanted)
        work = _Work(rows, runs, plans, later)
        obsolete = [key for key, one in rows.items() if _is_obsolete(one.row, work)]
        self.ledger.delete_many(obsolete)
        work.rows = {
            key: one for key, one in rows.items() if key not in obsolete and _is_live(one.row, work)
        }
        return work

    def _runs(self, names: set[str]) -> dict[str, RunRow]:
        found = self.ledger.get_many([run_key(run) for run in names], RunRow)
        return {one.row.run: one.row for one in found.values()}

    def _look_into_blocks(self, work: _Work) -> None:
        """Which shards of a block that another process meant to launch are not settled?"""
        blocks = {
            key: _block(one.row)
            for key, one in work.rows.items()
            if one.row.block and (one.row.run, one.rev) not in self.complete
        }
        settled = self._settled([id_ for ids in blocks.values() for id_ in ids])
        for key, ids in blocks.items():
            work.open[key] = [id_ for id_ in ids if id_ not in settled]

    def _settled(self, ids: Sequence[AttemptId]) -> set[AttemptId]:
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

    def _wanted(self, key: Key, work: _Work) -> int:
        """How many launches a row wants now. An open block comes before another one."""
        row = work.rows[key].row
        if row.shard is not None:
            return 1
        return len(work.open.get(key, ())) or ready(row, work.plans[row.run], work.runs)[1]

    def _take(self, work: _Work, now: float) -> dict[Key, int]:
        """Tokens for what is due; reckoned again when somebody else takes some at the same time."""
        candidates = [
            Candidate(
                key,
                work.plans[one.row.run].spec.job,
                one.row.priority,
                kind_of(work.plans[one.row.run], one.row),
                wanted,
                one.row.served,
            )
            for key, one in work.rows.items()
            if (wanted := self._wanted(key, work))
        ]
        for _ in range(_TRIES):
            held = self.ledger.get((PACE, BUCKETS), Buckets) or Versioned(Buckets(at=now))
            shares, left = share(candidates, filled(held.row, now), _MOST_LAUNCHES)
            if not shares or self.ledger.write((PACE, BUCKETS), left, held.rev, now):
                return shares
        return {}

    def _meant(self, work: _Work, shares: dict[Key, int], now: float) -> list[Launch]:
        """Write the intents down; what they are is launched."""
        parts = [partial(self._mean, work, key, count, now) for key, count in shares.items()]
        return [launch for answer in run_all(parts) for launch in raised(answer)]

    def _mean(self, work: _Work, key: Key, count: int, now: float) -> list[Launch]:
        one = work.rows[key]
        row = one.row
        if row.id is not None:
            return self._mean_retry(work, key, row, row.id, now)
        if work.open.get(key):
            return [Launch(key, id_, Place(), row.at) for id_ in work.open[key][:count]]
        could, _ = ready(row, work.plans[row.run], work.runs)
        chosen = shards.of(shards.first(could, count))
        meant = msgspec.structs.replace(
            row,
            intended=shards.encode(shards.decode(row.intended) | chosen),
            block=shards.encode(chosen),
            at=now,
            served=now,
        )
        if not self.ledger.write(key, meant, one.rev, now):
            return []
        self.complete.discard((row.run, one.rev))
        work.rows[key] = Versioned(meant, one.rev + 1)
        work.open[key] = _block(meant)
        return [Launch(key, id_, Place(), now) for id_ in work.open[key]]

    def _mean_retry(
        self, work: _Work, key: Key, row: AgendaRow, id_: AttemptId, now: float
    ) -> list[Launch]:
        """The intent of a retry is its attempt row: it tells when the launch was first meant."""
        if id_ in self._settled([id_]):
            work.open[key] = []
            return []
        work.open[key] = [id_]
        where = attempt_key(id_, "a")
        if self.ledger.create(where, AttemptRow(at=now, place=row.place), now):
            return [Launch(key, id_, row.place, now)]
        known = self.ledger.get(where, AttemptRow)
        return [] if known is None else [Launch(key, id_, known.row.place, known.row.at)]

    def _strike(self, work: _Work) -> None:
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


def _until(later: float | None, now: float) -> int | None:
    """Whole seconds, rounded up: a wake-up that comes too soon would only send the next one."""
    return None if later is None else min(max(math.ceil(later - now), _POLL_S), MOST_DELAY_S)


def _block(row: AgendaRow) -> list[AttemptId]:
    return [AttemptId(row.run, shard, 1) for shard in shards.members(shards.decode(row.block))]


def _is_obsolete(row: AgendaRow, work: _Work) -> bool:
    """What nothing can come of: the run is over, or is being stopped and this was a retry."""
    run = work.runs.get(row.run)
    if run is None:
        return False
    return run.state in FINAL or (run.state == STOPPING and row.shard is not None)


def _is_live(row: AgendaRow, work: _Work) -> bool:
    """First attempts of a run that is being stopped are for whoever stops it."""
    run = work.runs.get(row.run)
    return run is not None and run.state == RUNNING and row.run in work.plans
