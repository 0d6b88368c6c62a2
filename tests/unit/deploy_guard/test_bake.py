"""Scenario 12: the watch after COMPLETED."""

import pytest

from deploy_guard.bake import AlarmSeen, begun, proven, watched
from deploy_guard.model import Bake, Outcome
from deploy_guard.owner_settings import OwnerSettings
from tests.unit.deploy_guard.situations import reality, row

T0, END = 1000.0, 1900.0
BAKE = Bake(T0, END, ("errors", "latency"))


def off(name="errors", since=T0 + 360, state="ALARM"):
    return (AlarmSeen(name, state, since),)


def test_s12_an_alarm_that_goes_off_in_the_bake_time_condemns():
    bake = watched(BAKE, off(), T0 + 361)
    assert bake.fired == ("errors",)
    assert not proven(watched(bake, (), END))


def test_s12_what_went_off_in_time_counts_even_if_we_look_late():
    assert watched(BAKE, off(since=END - 1), END + 9).fired == ("errors",)


def test_s12_an_alarm_that_was_on_before_tells_nothing():
    assert watched(BAKE, off(since=T0 - 1), T0 + 100) == BAKE


def test_s12_after_an_ok_in_between_it_tells():
    assert watched(BAKE, off(since=T0 + 200), T0 + 201).fired == ("errors",)


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_s12_neither_ok_nor_a_lack_of_data_condemns(state):
    assert watched(BAKE, off(state=state), T0 + 400) == BAKE


def test_s12_after_the_end_people_are_told_and_nothing_else():
    bake = watched(watched(BAKE, (), END), off(since=END + 60), END + 61)
    assert proven(bake)
    assert bake.late == ("errors",)
    assert bake.fired == ()


def test_an_alarm_of_somebody_else_tells_nothing():
    assert watched(BAKE, off("other"), T0 + 361) == BAKE


def test_it_survives_to_the_end():
    assert not proven(watched(BAKE, (), END - 1))
    assert proven(watched(BAKE, (), END))


DONE = row(outcome=Outcome.SUCCEEDED, outcome_at=T0)


def test_the_owner_names_the_alarms_or_the_service_does():
    seen = reality(alarm_names=("of-the-service",))
    assert begun(DONE, seen, OwnerSettings()).bake == Bake(T0, END, ("of-the-service",))
    tagged = OwnerSettings(bake_alarms=("mine",), bake_s=60)
    assert begun(DONE, seen, tagged).bake == Bake(T0, T0 + 60, ("mine",))


@pytest.mark.parametrize(
    "unwatched",
    [
        row(outcome=Outcome.ROLLED_BACK),
        row(outcome=Outcome.SUCCEEDED, rolls_back="d"),
    ],
)
def test_only_a_success_of_something_new_is_watched(unwatched):
    assert begun(unwatched, reality(), OwnerSettings()) == unwatched


def test_without_tasks_nothing_is_proven():
    assert begun(DONE, reality(desired=0), OwnerSettings()).bake is None


def test_a_watch_begins_once():
    watching = begun(DONE, reality(), OwnerSettings())
    assert begun(watching, reality(), OwnerSettings(bake_s=1)) == watching
