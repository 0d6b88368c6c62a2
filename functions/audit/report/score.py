"""How good and how well known a set of checks is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from audit.report.entry import Entry
from audit.rule import Outcome, Severity

_WEIGHTS = {
    Severity.ERROR: 10,
    Severity.HIGH: 6,
    Severity.MEDIUM: 3,
    Severity.LOW: 1,
    Severity.INFO: 0,
}
# With more than that unknown, a score would say more about what nobody read than about the service.
_MOST_UNKNOWN = 0.25


class Score(NamedTuple):
    """Checks passed by weight, out of 100, and how many of the checks that apply could be decided."""

    points: int | None
    decided: int
    applicable: int

    def __str__(self) -> str:
        """``87 of 100 (24 of 26 checks decided)``."""
        decided = f"{self.decided} of {self.applicable} checks decided"
        if self.points is None:
            return f"{decided}, too few for a score"
        return f"{self.points} of 100 ({decided})"


def score(entries: Iterable[Entry]) -> Score:
    """The score; what somebody accepted neither adds nor takes away."""
    passed = failed = decided = applicable = 0
    for entry in entries:
        if entry.outcome is Outcome.NOT_APPLICABLE:
            continue
        applicable += 1
        decided += entry.outcome is not Outcome.UNKNOWN
        if entry.outcome is Outcome.PASS:
            passed += _WEIGHTS[entry.severity]
        elif entry.counts:
            failed += _WEIGHTS[entry.severity]
    enough = applicable > 0 and applicable - decided <= _MOST_UNKNOWN * applicable
    whole = passed + failed
    points = (100 * passed // whole if whole else 100) if enough else None
    return Score(points, decided, applicable)
