"""Spot's two-minute warning answered by a replacement, where the spec asks for it.

For up to two minutes two attempts of a shard run: that is deliberate, and only for jobs that say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from batch_jobs.endings import Endings, before_of, keys_around, retry_row
from batch_jobs.ids import AttemptId
from batch_jobs.retrying import next_step
from batch_jobs.rows import Plan, WarningRow, agenda_key, attempt_key
from batch_jobs.verdict import Kind, Verdict


@dataclass(frozen=True, slots=True)
class Replacing:
    """Starts replacements."""

    endings: Endings

    def warned(self, plan: Plan, id_: AttemptId, now: float) -> None:
        """A task has two minutes left. The first word of it counts, and none after the task's end."""
        if not plan.spec.replace_at_warning:
            return
        ledger = self.endings.ledger
        around = ledger.get_items(keys_around([id_]))
        if attempt_key(id_, "e") in around:
            return
        place, before = before_of(id_, around)
        verdict = Verdict(Kind.INTERRUPTED, "spot", "two-minute warning", "SpotInterruption")
        following = next_step(plan.spec, id_, place, verdict, before, now)
        if following.step != "retry":
            return
        warning = WarningRow(at=now, next=following)
        if not ledger.create(attempt_key(id_, "w"), warning, now):
            known = ledger.get(attempt_key(id_, "w"), WarningRow)
            warning = known.row if known else warning
        row = retry_row(plan, id_, warning.next)
        ledger.put_many([(agenda_key(row), row)], now)
        self.endings.runs.pump(max(math.ceil(row.due - now), 0))
