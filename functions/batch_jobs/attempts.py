"""The attempts of a run, as the ledger has them."""

from __future__ import annotations

from dataclasses import dataclass, field

from batch_jobs.ids import AttemptId
from batch_jobs.ledger import Ledger
from batch_jobs.retrying import Place
from batch_jobs.rows import AttemptRow, EndRow, WarningRow, row_of


@dataclass(slots=True)
class Attempts:
    """Launches, ends and warnings of one run, by attempt."""

    launched: dict[AttemptId, AttemptRow] = field(default_factory=dict)
    ended: dict[AttemptId, EndRow] = field(default_factory=dict)
    warned: dict[AttemptId, WarningRow] = field(default_factory=dict)

    @property
    def open(self) -> dict[AttemptId, AttemptRow]:
        """Attempts of whose end nothing is known."""
        return {id_: row for id_, row in self.launched.items() if id_ not in self.ended}

    @property
    def with_task(self) -> dict[AttemptId, str]:
        """Those of them that have a task."""
        return {id_: row.task for id_, row in self.open.items() if row.task is not None}

    def to_retry(self) -> dict[AttemptId, EndRow]:
        """Ended attempts after which another one is meant to be launched, and was not yet."""
        return {
            id_: row
            for id_, row in self.ended.items()
            if row.next.step == "retry" and id_.following() not in self.launched
        }

    def place_of(self, id_: AttemptId) -> Place:
        """The rung and the memory step on which an attempt ran."""
        row = self.launched.get(id_)
        return row.place if row else Place()


def read_attempts(ledger: Ledger, run: str) -> Attempts:
    """All attempts of a run: a page of the table holds about four thousand of their rows."""
    found = Attempts()
    # Digits sort before letters: neither the plan nor the items.
    for item in ledger.query(f"run#{run}", between=("0", "9~")):
        shard, attempt, what = item["sk"]["S"].split("#")
        id_ = AttemptId(run, int(shard), int(attempt))
        if what == "a":
            found.launched[id_] = row_of(item, AttemptRow)
        elif what == "e":
            found.ended[id_] = row_of(item, EndRow)
        else:
            found.warned[id_] = row_of(item, WarningRow)
    return found
