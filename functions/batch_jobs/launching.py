"""One pass of the launcher: what is due, who gets how many launches, and what became of them.

An intent is written before RunTask: for first attempts as a block of shards in the run's agenda row, for
a retry as its attempt row. After a crash the same intent leads to the same client tokens: nothing is
launched twice, and nothing is forgotten, for a row leaves the agenda last.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from batch_jobs import brakes, shards
from batch_jobs.agenda import Agenda, Work, block_of
from batch_jobs.endings import MOST_DELAY_S
from batch_jobs.ids import AttemptId
from batch_jobs.launch_calls import Calls, Launch, Tally
from batch_jobs.ledger import Ledger, Versioned
from batch_jobs.pace import Candidate, filled, share
from batch_jobs.readiness import kind_of, ready
from batch_jobs.retrying import Place
from batch_jobs.rows import BUCKETS, PACE, AgendaRow, AttemptRow, Buckets, Key, attempt_key
from ecsops.parallel import raised, run_all

_MOST_LAUNCHES = 100
_TRIES = 5
_POLL_S = 1  # SQS delays by whole seconds


@dataclass(slots=True)
class Launcher:
    """Launches what is due. Lives as long as the function's process."""

    ledger: Ledger
    agenda: Agenda
    calls: Calls

    def launch(self, now: float, tally: Tally) -> int | None:
        """Make a pass. In how many seconds is there more to do? None: when somebody wakes us."""
        work = self.agenda.read(now)
        if not work.rows:
            return _until(work.later, now)
        shares = self._take(work, now)
        launches = self._meant(work, shares, now)
        settled = self.calls.make(launches, work.runs, work.plans, now, tally)
        for key, ids in work.open.items():
            work.open[key] = [id_ for id_ in ids if id_ not in settled]
        self.agenda.strike(work)
        self._brake(work, tally, now)
        return self._next(work, shares, now)

    def _brake(self, work: Work, tally: Tally, now: float) -> None:
        """Hold what a limit holds up; most passes meet none, and write nothing."""
        seen = tally.seen
        if brakes.after(work.brakes, seen, now) == work.brakes:
            return

        def change(row: Buckets | None) -> Buckets:
            row = row or Buckets(at=now)
            work.brakes = brakes.after(row.brakes, seen, now)
            return msgspec.structs.replace(row, brakes=work.brakes)

        self.ledger.change((PACE, BUCKETS), Buckets, change, now)

    def _next(self, work: Work, shares: Mapping[Key, int], now: float) -> int | None:
        if shares:
            return 0
        most = brakes.most_of(work.brakes, now)
        scopes = {work.scope(key) for key in work.rows if work.wanted(key)}
        if any(most.get(scope, 1) for scope in scopes):
            return _POLL_S
        held = [work.brakes[scope].until for scope in scopes]
        return _until(min([*held, *([work.later] if work.later else [])], default=None), now)

    def _take(self, work: Work, now: float) -> dict[Key, int]:
        """Tokens for what is due; reckoned again when somebody else takes some at the same time."""
        candidates = [
            Candidate(
                key,
                work.plans[one.row.run].spec.job,
                one.row.priority,
                kind_of(work.plans[one.row.run], one.row),
                wanted,
                one.row.served,
                work.scope(key),
            )
            for key, one in work.rows.items()
            if (wanted := work.wanted(key))
        ]
        for _ in range(_TRIES):
            held = self.ledger.get((PACE, BUCKETS), Buckets) or Versioned(Buckets(at=now))
            work.brakes = held.row.brakes
            shares, left = share(candidates, filled(held.row, now), _MOST_LAUNCHES)
            if not shares or self.ledger.write((PACE, BUCKETS), left, held.rev, now):
                return shares
        return {}

    def _meant(self, work: Work, shares: dict[Key, int], now: float) -> list[Launch]:
        """Write the intents down; what they are is launched."""
        parts = [partial(self._mean, work, key, count, now) for key, count in shares.items()]
        return [launch for answer in run_all(parts) for launch in raised(answer)]

    def _mean(self, work: Work, key: Key, count: int, now: float) -> list[Launch]:
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
        self.agenda.complete.discard((row.run, one.rev))
        work.rows[key] = Versioned(meant, one.rev + 1)
        work.open[key] = block_of(meant)
        return [Launch(key, id_, Place(), now) for id_ in work.open[key]]

    def _mean_retry(
        self, work: Work, key: Key, row: AgendaRow, id_: AttemptId, now: float
    ) -> list[Launch]:
        """The intent of a retry is its attempt row: it tells when the launch was first meant."""
        if id_ in self.agenda.settled([id_]):
            work.open[key] = []
            return []
        work.open[key] = [id_]
        where = attempt_key(id_, "a")
        if self.ledger.create(where, AttemptRow(at=now, place=row.place), now):
            return [Launch(key, id_, row.place, now)]
        known = self.ledger.get(where, AttemptRow)
        return [] if known is None else [Launch(key, id_, known.row.place, known.row.at)]


def _until(later: float | None, now: float) -> int | None:
    """Whole seconds, rounded up: a wake-up that comes too soon would only send the next one."""
    return None if later is None else min(max(math.ceil(later - now), _POLL_S), MOST_DELAY_S)
