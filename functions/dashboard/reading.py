"""What was found out for one look at the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.fleet import Row
from dashboard.jobs import Job


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that could be read, in no order, and notes on what could not."""

    rows: Sequence[Row]
    jobs: Sequence[Job] = ()
    notes: Sequence[str] = ()
