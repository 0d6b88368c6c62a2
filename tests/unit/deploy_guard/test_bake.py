"""Scenario 12: the watch after COMPLETED."""

import pytest

from deploy_guard.bake import (
    AlarmSeen,
    after_look,
    begun,
    came_to_nothing,
    cut_short,
    failures_of,
    proven,
    resumed,
    still_firing,
    watched,
)
from deploy_guard.model import Bake, Ledger, Outcome
from deploy_guard.owner_settings import OwnerSettings
from tests.unit.deploy_guard.situations import SERVICE, changed, reality, row, version

T0, END = 1000.0, 1900.0
NOW = T0 + 10
BAKE = Bake(T0, END, ("errors", "latency"))


CALM = tuple(AlarmSeen(name, "OK", 0.0) for name in BAKE.alarms)


def off(name="errors", since=T0 + 360, state="ALARM"):
    return (AlarmSeen(name, state, since), *(one for one in CALM if one.name != name))


def test_s12_an_alarm_that_goes_off_in_the_bake_time_condemns():
    bake = watched(BAKE, off(), T0 + 361)
    assert bake.fired == ("errors",)
    assert not proven(watched(bake, CALM, END), 0)


def test_an_alarm_that_does_not_exist_proves_nothing():
    going_on = watched(BAKE, CALM[:1], T0 + 361)
    assert going_on.missing == ("latency",)
    assert not proven(watched(going_on, CALM[:1], END), 0)
    assert proven(watched(going_on, CALM, END), 0)


def test_s12_what_went_off_in_time_counts_even_if_we_look_late():
    assert watched(BAKE, off(since=END - 1), END + 9).fired == ("errors",)


def test_s12_an_alarm_of_the_watch_holds_until_it_is_over_and_not_when_it_comes_back_later():
    bake = watched(BAKE, off(), T0 + 361)
    assert (bake.firing, bake.fired_at) == (("errors",), T0 + 360)
    still = watched(bake, off(), END + 9)
    assert still.firing == ("errors",)
    assert not came_to_nothing(still)
    over = watched(still, off(state="OK", since=END + 10), END + 11)
    assert (over.fired, over.firing) == (("errors",), ())
    assert came_to_nothing(over)
    again = watched(over, off(since=END + 60), END + 61)
    assert (again.firing, again.late) == ((), ("errors",))
    assert still_firing(bake, off(since=END + 60)).firing == ()


def test_s12_an_alarm_that_goes_off_twice_in_the_watch_holds_again():
    calm = watched(watched(BAKE, off(), T0 + 361), off(state="OK", since=T0 + 380), T0 + 381)
    assert calm.firing == ()
    assert not came_to_nothing(calm)
    assert watched(calm, off(since=T0 + 400), T0 + 401).firing == ("errors",)


def test_s12_an_alarm_that_was_on_before_tells_nothing():
    assert watched(BAKE, off(since=T0 - 1), T0 + 100) == BAKE


def test_s12_after_an_ok_in_between_it_tells():
    assert watched(BAKE, off(since=T0 + 200), T0 + 201).fired == ("errors",)


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_s12_neither_ok_nor_a_lack_of_data_condemns(state):
    assert watched(BAKE, off(state=state), T0 + 400) == BAKE


def test_s12_after_the_end_people_are_told_and_nothing_else():
    bake = watched(watched(BAKE, CALM, END), off(since=END + 60), END + 61)
    assert proven(bake, 0)
    assert bake.late == ("errors",)
    assert bake.fired == ()


def test_an_alarm_of_somebody_else_tells_nothing():
    assert watched(BAKE, off("other"), T0 + 361) == BAKE


def test_it_survives_to_the_end():
    assert not proven(watched(BAKE, CALM, END - 1), 0)
    assert proven(watched(BAKE, CALM, END), 0)


DONE = row(outcome=Outcome.SUCCEEDED, outcome_at=T0)


def test_the_owner_names_the_alarms_or_the_service_does():
    seen = reality(alarm_names=("of-the-service",))
    assert begun(DONE, seen, OwnerSettings(), 0, NOW).bake == Bake(T0, END, ("of-the-service",))
    tagged = OwnerSettings(bake_alarms=("mine",), bake_s=60)
    assert begun(DONE, seen, tagged, 0, NOW).bake == Bake(T0, T0 + 60, ("mine",))


@pytest.mark.parametrize(
    "unwatched",
    [
        row(outcome=Outcome.ROLLED_BACK),
        row(outcome=Outcome.SUCCEEDED, rolls_back="d"),
    ],
)
def test_only_a_success_of_something_new_is_watched(unwatched):
    assert begun(unwatched, reality(), OwnerSettings(), 0, NOW) == unwatched


def test_without_tasks_nothing_is_proven():
    assert begun(DONE, reality(desired=0), OwnerSettings(), 0, NOW).bake is None


def test_what_completed_long_ago_is_neither_proven_nor_condemned():
    late = begun(DONE, reality(alarm_names=("errors",)), OwnerSettings(), 0, END + 1)
    assert not proven(late.bake, 0)
    assert late.bake.alarms == ()


def test_s12_a_newer_deployment_ends_the_watch_without_a_proof():
    watching = row(outcome=Outcome.SUCCEEDED, bake=BAKE)
    assert cut_short(watching, (watching,)) == watching
    cut = cut_short(watching, (row(44), watching)).bake
    assert cut.over
    assert not proven(cut, 0)
    assert watched(cut, off(), T0 + 400).fired == ()


def test_a_version_whose_tasks_fail_while_it_is_watched_is_not_proven():
    bake = begun(DONE, reality(), OwnerSettings(), 2, NOW).bake
    assert proven(watched(bake, (), END), 2)
    assert not proven(watched(bake, (), END), 3)


def test_a_watch_begins_once():
    watching = begun(DONE, reality(), OwnerSettings(), 0, NOW)
    assert begun(watching, reality(), OwnerSettings(bake_s=1), 0, NOW) == watching


CUT = row(43, outcome=Outcome.SUCCEEDED, bake=changed(BAKE, over=True, cancelled=True))
BACK = row(44, outcome=Outcome.ROLLED_BACK, serving=version(43))
AGAIN = BACK.began + 300


def again(*rows):
    return resumed(BACK, Ledger(SERVICE, deployments=rows), reality(), OwnerSettings(), AGAIN)


def test_a_watch_that_was_cut_short_is_taken_up_when_the_version_serves_again():
    watching = again(BACK, CUT)
    assert watching.id == CUT.id
    assert (watching.bake.began, watching.bake.ends_at) == (AGAIN, AGAIN + 900)
    assert again(BACK, changed(CUT, bake=BAKE)) == watching
    assert cut_short(watching, (BACK, watching)) == watching
    later = changed(BACK, id="later", began=AGAIN + 1)
    assert cut_short(watching, (later, watching)).bake.cancelled
    assert proven(after_look(watching.bake, (), AGAIN + 900), 0)


def test_a_rollback_that_is_a_deployment_of_its_own_is_no_newer_one():
    """CodeDeploy's are, and ours by UpdateService: what fails in it counts."""
    undoing = row(45, target=version(43), rolls_back=BACK.id)
    known = Ledger(SERVICE, deployments=(undoing, BACK, CUT), counts={"ecs-svc/45": 2})
    watching = resumed(BACK, known, reality(), OwnerSettings(), AGAIN)
    assert watching.bake.failures == failures_of(CUT, known) == 2
    more = changed(known, counts={"ecs-svc/45": 3})
    over = after_look(watching.bake, (), AGAIN + 900)
    assert proven(over, failures_of(watching, known))
    assert not proven(over, failures_of(watching, more))


@pytest.mark.parametrize(
    "rows",
    [
        (BACK,),
        (BACK, changed(CUT, bake=changed(BAKE, over=True))),
        (BACK, changed(CUT, bake=changed(BAKE, again=True))),
        (BACK, changed(CUT, bake=changed(CUT.bake, fired=("errors",)))),
        (BACK, changed(CUT, target=version(41))),
        (changed(BACK, id="newer", began=BACK.began + 1), BACK, CUT),
    ],
    ids=[
        "unknown",
        "watched to its end",
        "taken up already",
        "condemned",
        "another version",
        "a newer one began",
    ],
)
def test_no_watch_is_taken_up_where_there_is_nothing_to_prove(rows):
    assert again(*rows) is None


def test_an_alarm_in_the_second_watch_ends_it_without_proof():
    seen = after_look(changed(BAKE, again=True), off(), T0 + 361)
    assert (seen.fired, seen.cancelled) == ((), True)
    assert not proven(seen, 0)
