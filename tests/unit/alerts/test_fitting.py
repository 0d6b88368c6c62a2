"""Whatever an alert brings, it can be kept."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.fitting import fitted
from ecsops.alerts import Diff, Lines, NextStep, Table
from tests.unit.alerts.builders import make_alert

ROOM = 400_000


def size(alert):
    return len(msgspec.json.encode(alert))


def test_an_ordinary_alert_stays_as_it_is():
    alert = make_alert(
        evidence=(Table("t", ("a", "b"), (("x", "y"),) * 200), Lines("l", ("z",) * 500)),
        next_steps=(NextStep("do"),) * 20,
        resources=("arn",) * 100,
    )
    assert fitted(alert) == alert


def test_a_long_table_says_how_much_is_missing():
    alert = fitted(make_alert(evidence=(Table("t", ("a", "b"), (("x", "y"),) * 4_000),)))
    assert len(alert.evidence[0].rows) == 201
    assert alert.evidence[0].rows[-1] == ("...", "and 3800 more")


def test_a_long_diff_says_how_much_is_missing():
    alert = fitted(make_alert(evidence=(Diff("t", (("x", "1", "2"),) * 300),)))
    assert alert.evidence[0].changes[-1] == ("...", "", "and 100 more")


def test_evidence_that_is_too_large_goes_and_is_counted():
    large = Table("t", ("a",), (("x" * 8_000,),) * 100)
    small = Lines("l", ("last words",))
    alert = fitted(make_alert(evidence=(large, small)))
    assert alert.evidence[0] == small
    assert alert.evidence[1].lines == ("evidence that is too large for an alert: 1",)


@pytest.mark.parametrize("letter", ["x", "\N{SNOWMAN}", "\n"])
def test_steps_that_are_too_large_go_too(letter):
    step = NextStep(letter * 8_000, letter * 8_000, letter * 8_000)
    alert = fitted(make_alert(next_steps=(step,) * 40))
    assert size(alert) < ROOM
    assert alert.next_steps


BLOCKS = st.one_of(
    st.builds(
        lambda n, m: Table("t", ("a", "b"), (("x" * n, "y"),) * m),
        st.integers(0, 8_000),
        st.integers(0, 1_000),
    ),
    st.builds(lambda n, m: Lines("l", ("x" * n,) * m), st.integers(0, 800), st.integers(0, 10)),
)


@given(st.lists(BLOCKS, max_size=4))
def test_whatever_it_brings_it_can_be_kept(blocks):
    alert = fitted(make_alert(evidence=tuple(blocks)))
    assert size(alert) < ROOM
