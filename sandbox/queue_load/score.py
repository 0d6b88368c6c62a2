"""What a run was worth: how long messages waited, and what the tasks cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """One controller on one load."""

    within_slo_pct: float
    p99_wait_s: float
    longest_wait_s: float
    task_hours: float
    task_hours_over_ideal: float
    actions: int
    jobs_killed: int


def waits(arrivals: Sequence[float], started: Sequence[float], end: float) -> list[float]:
    """How long each message waited for its worker; one that still waits has waited until the end."""
    return [
        (began if began != math.inf else end) - arrived
        for arrived, began in zip(arrivals, started, strict=True)
    ]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else 0.0


def within(values: Sequence[float], slo_s: float) -> float:
    """Percent that waited no longer than the SLO; all of none is 100."""
    if not values:
        return 100.0
    return 100.0 * sum(value <= slo_s for value in values) / len(values)
