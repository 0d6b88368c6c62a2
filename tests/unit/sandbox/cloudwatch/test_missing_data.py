"""CloudWatch's own tables of what an alarm makes of missing data.

"Configuring how CloudWatch alarms treat missing data": 0 is within the threshold, X breaches, - is
missing; five points are retrieved for an alarm of three periods, the newest is on the right.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cloudwatch.evaluation import AlarmRule, State, evaluate

ALARM, OK, INSUFFICIENT = State.ALARM, State.OK, State.INSUFFICIENT_DATA
RETAINED = "retained"
THREE_OF_THREE = [
    ("0-X-X", OK, OK, OK, OK),
    ("0----", OK, OK, OK, OK),
    ("-----", INSUFFICIENT, RETAINED, ALARM, OK),
    ("0XX-X", ALARM, ALARM, ALARM, ALARM),
    ("--X--", ALARM, RETAINED, ALARM, OK),
]
TWO_OF_THREE = [
    ("0-X-X", ALARM, ALARM, ALARM, ALARM),
    ("00X0X", ALARM, ALARM, ALARM, ALARM),
    ("0-X--", OK, OK, ALARM, OK),
    ("----0", OK, OK, ALARM, OK),
    ("---X-", ALARM, RETAINED, ALARM, OK),
]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
CASES = [
    (datapoints, points, treatment, expected)
    for datapoints, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, *row in table
    for treatment, expected in zip(TREATMENTS, row, strict=True)
]


def points_of(text):
    return [{"0": 0.0, "X": 2.0, "-": None}[letter] for letter in text]


@pytest.mark.parametrize(("datapoints", "points", "treatment", "expected"), CASES)
@pytest.mark.parametrize("current", State)
def test_the_published_tables(datapoints, points, treatment, expected, current):
    rule = AlarmRule(1.0, periods=3, datapoints=datapoints, treat_missing=treatment)
    assert len(points) == rule.range
    state = evaluate(rule, points_of(points), current)
    assert state == (current if expected == RETAINED else expected)


def test_a_breach_that_is_too_young_is_not_taken_for_an_alarm():
    rule = AlarmRule(1.0, periods=3, datapoints=3)
    assert evaluate(rule, points_of("----X"), OK) == OK


@given(
    st.lists(st.floats(-5, 5), min_size=5, max_size=5), st.integers(1, 3), st.sampled_from(State)
)
def test_without_missing_data_only_the_last_periods_count(values, datapoints, current):
    rule = AlarmRule(1.0, periods=3, datapoints=datapoints)
    breaching = sum(value > 1.0 for value in values[-3:])
    assert evaluate(rule, values, current) == (ALARM if breaching >= datapoints else OK)
