"""What state an alarm is in, given the datapoints of its evaluation range.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
(the tables of that page are tests/unit/sandbox/cloudwatch/test_missing_data.py)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

TreatMissing = Literal["missing", "ignore", "breaching", "notBreaching"]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
# "CloudWatch attempts to retrieve a higher number of data points than the number specified as
# Evaluation Periods": by how many is not published; two in every example of that page.
_LOOKS_FURTHER_BACK = 2


class State(StrEnum):
    """The three states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """``datapoints`` of the last ``periods`` must breach."""

    threshold: float
    comparison: str = "GreaterThanThreshold"
    period_s: int = 60
    periods: int = 1
    datapoints: int = 1
    treat_missing: TreatMissing = "missing"

    @property
    def range(self) -> int:
        """How many periods an evaluation looks at."""
        return self.periods + _LOOKS_FURTHER_BACK

    def breaches(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        return COMPARISONS[self.comparison](value, self.threshold)


def evaluate(rule: AlarmRule, points: Sequence[float | None], current: State) -> State:
    """The next state; ``points`` are those of the range, oldest first, None where one is missing."""
    real = [(age, rule.breaches(value)) for age, value in _newest_first(points)]
    considered = real[: rule.periods]
    breaching = sum(breaks for _, breaks in considered)
    if breaching >= rule.datapoints:
        return State.ALARM
    lacking = rule.periods - len(considered)
    if lacking <= 0:
        return State.OK
    return _with_fillers(rule, considered, lacking, current)


def _with_fillers(
    rule: AlarmRule, considered: Sequence[tuple[int, bool]], lacking: int, current: State
) -> State:
    breaching = sum(breaks for _, breaks in considered)
    match rule.treat_missing:
        case "breaching":
            return State.ALARM if breaching + lacking >= rule.datapoints else State.OK
        case "notBreaching":
            return State.OK
        case "ignore":
            return State.OK if breaching < len(considered) else current
        case "missing":
            if not considered:
                return State.INSUFFICIENT_DATA
            if breaching < len(considered):
                return State.OK
            # All that is there breaches. Not before the oldest of it is old enough does the alarm
            # go off ("premature alarm state"); that it keeps its state until then is assumed.
            oldest = considered[-1][0]
            return State.ALARM if oldest >= rule.datapoints else current


def _newest_first(points: Sequence[float | None]) -> list[tuple[int, float]]:
    """(age in periods, the newest being 1; value) of the points that are there."""
    reversed_points = enumerate(reversed(points), start=1)
    return [(age, value) for age, value in reversed_points if value is not None]
