"""The share of tasks on Spot, from strategies and counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.spot_share import SpotShare, spot_share, wants_spot


def group(running, *items, **fields):
    names = ("capacityProvider", "weight", "base")
    strategy = [dict(zip(names, item, strict=True)) for item in items]
    return {"runningCount": running, "capacityProviderStrategy": strategy} | fields


ON_SPOT, ON_DEMAND = ("FARGATE_SPOT", 1, 0), ("FARGATE", 1, 0)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group(4, ON_SPOT)], SpotShare(4, 4, planned=False)),
        ([group(4, ON_DEMAND)], SpotShare(0, 4, planned=False)),
        ([group(4, launchType="FARGATE")], SpotShare(0, 4, planned=False)),
        ([], SpotShare(0, 0, planned=False)),
        # A strategy that is being changed: each deployment has its own.
        ([group(3, ON_SPOT), group(1, ON_DEMAND)], SpotShare(3, 4, planned=False)),
        ([group(4, ON_SPOT, ON_DEMAND)], SpotShare(2, 4, planned=True)),
        # The documented example: two on demand at least, then one to three.
        ([group(10, ("FARGATE", 1, 2), ("FARGATE_SPOT", 3, 0))], SpotShare(6, 10, planned=True)),
        ([group(1, ("FARGATE", 1, 2), ("FARGATE_SPOT", 3, 0))], SpotShare(0, 1, planned=True)),
        ([group(0, ON_SPOT, ON_DEMAND)], SpotShare(0, 0, planned=False)),
    ],
)
def test_the_share_follows_from_strategy_and_counts(groups, expected):
    assert spot_share(groups) == expected


@pytest.mark.parametrize(
    "unknown",
    [group(2, launchType="EC2"), group(2, ("my-ec2", 1, 0)), group(2, ("my-ec2", 1, 0), ON_SPOT)],
)
def test_a_task_that_may_be_on_ec2_makes_the_share_unknown(unknown):
    assert spot_share([group(4, ON_SPOT), unknown]) is None


def test_percent_of_nothing_is_zero():
    assert SpotShare(0, 0, planned=False).percent == 0
    assert SpotShare(1, 3, planned=False).percent == 33


def test_a_service_uses_spot_when_any_strategy_names_it():
    assert wants_spot([group(0, ON_DEMAND), group(0, ON_SPOT)])
    assert not wants_spot([group(2, ON_DEMAND), group(2, launchType="EC2")])


counts = st.integers(0, 1000)


@given(counts, counts, counts, counts, counts)
def test_spot_is_never_more_than_what_runs_and_the_bases_come_first(running, w1, b1, w2, b2):
    share = spot_share([group(running, ("FARGATE", w1, b1), ("FARGATE_SPOT", w2, b2))])
    assert 0 <= share.spot <= share.running == running
    if b1 == 0:
        assert share.spot >= min(running, b2)
