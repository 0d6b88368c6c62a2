"""Jobs' rows: the overlap lock, what the dashboard shows, and which incidents are open.

One alert for each incident, and one when it is over, because the row remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from batch_jobs.ledger import Item, Ledger
from batch_jobs.rows import STATUS, JobRow, RunRow, job_key, row_of
from batch_jobs.telling import recovered, status_with
from ecsops import alerts
from ecsops.alerts import Alert

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# What a good run puts an end to. A refused spec is mended by one that is accepted.
ENDED_BY_SUCCESS = ("failed", "missed", "late", "long", "blocked", "lost", "quota")


@dataclass(frozen=True, slots=True)
class Jobs:
    """All jobs of the stack."""

    ledger: Ledger
    events: EventBridgeClient

    def all(self) -> Iterator[JobRow]:
        """Every job that has run lately."""
        return (row_of(item, JobRow) for item in self.ledger.query(STATUS))

    def get(self, job: str) -> JobRow:
        """A job's row; an empty one for a job that has not run yet."""
        known = self.ledger.get(job_key(job), JobRow)
        return known.row if known else JobRow(job=job)

    def change(
        self, job: str, change: Callable[[JobRow], JobRow], now: float, runs: Sequence[RunRow] = ()
    ) -> JobRow:
        """Change a job's row; ``runs`` are shown on the dashboard from now on."""

        def changed(row: JobRow | None) -> JobRow:
            # The time makes it another row, so that what is shown is written too.
            stamp = now if runs or row is None else row.updated
            return msgspec.structs.replace(change(row or JobRow(job=job)), updated=stamp)

        def more(row: JobRow, item: Item) -> dict[str, Any]:
            return status_with(row, item, runs)

        row = self.ledger.change(job_key(job), JobRow, changed, now, more)
        return row or JobRow(job=job)

    def open(self, job: JobRow, opened: dict[str, Alert], now: float) -> None:
        """Tell of incidents, by kind, that are not open yet, and remember them.

        Told first: after a crash they are told again in the same words, which the receiver drops.
        """
        known = self.get(job.job).incidents
        new = {kind: alert for kind, alert in opened.items() if kind not in known}
        if not new:
            return
        alerts.publish(self.events, list(new.values()))
        since = {kind: alert.at for kind, alert in new.items()}

        def change(row: JobRow) -> JobRow:
            incidents = {**since, **row.incidents}
            return msgspec.structs.replace(
                row,
                incidents=incidents,
                cluster=row.cluster or job.cluster,
                route=row.route or job.route,
                foreign=job.foreign,
            )

        self.change(job.job, change, now)

    def close(self, job: str, kinds: Sequence[str], how: str, now: float) -> None:
        """Tell that incidents are over, and forget them."""
        if not kinds:
            return
        row = self.get(job)
        over = [kind for kind in kinds if kind in row.incidents]
        if not over:
            return
        alerts.publish(
            self.events, [recovered(row, kind, row.incidents[kind], how, now) for kind in over]
        )

        def change(row: JobRow) -> JobRow:
            left = {kind: since for kind, since in row.incidents.items() if kind not in over}
            return msgspec.structs.replace(row, incidents=left)

        self.change(job, change, now)
