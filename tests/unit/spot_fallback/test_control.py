from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spot_fallback.control import FRESH_S, control, hold_s
from spot_fallback.model import Cover, Evidence
from spot_fallback.news import of_a_look
from tests.unit.spot_fallback.shapes import (
    NO_PLACE,
    NOW,
    absent,
    described,
    moment,
    primary,
    remembered,
    shadow,
)

SHORT = Evidence(spot_at=NOW)
QUIET = Evidence()


def decided(one, cover_service, cover=None, evidence=QUIET, now=NOW):
    return control(one, cover_service, cover or Cover(), evidence, now)


def test_the_cover_is_exactly_what_finds_no_place():
    assert decided(primary(10, 10, 7), absent(), evidence=SHORT).target == 3


def test_an_interrupted_task_that_still_runs_is_missing():
    assert primary(10, 10, 7).missing == 3


def test_without_a_sign_of_shortage_missing_tasks_are_not_covered():
    crashing = primary(10, 4, 4)
    assert decided(crashing, absent()).target == 0


def test_an_old_sign_is_none():
    old = Evidence(spot_at=NOW - FRESH_S - 1)
    assert decided(primary(10, 7, 7), absent(), evidence=old).target == 0


def test_the_services_own_events_are_a_sign_should_the_event_be_lost():
    said = [{"message": NO_PLACE, "createdAt": moment(NOW - 60)}]
    assert decided(primary(10, 7, 7, events=said), absent()).target == 3


def test_ecs_says_it_once_in_six_hours_and_the_shortage_lasts():
    said = [{"message": NO_PLACE, "createdAt": moment(NOW - 5 * 3_600)}]
    assert decided(primary(10, 4, 4, events=said), shadow(3), remembered(3)).target == 6
    assert decided(primary(10, events=said), shadow(8), remembered(8)).target < 8, "none is missing"
    old = [{"message": NO_PLACE, "createdAt": moment(NOW - 7 * 3_600)}]
    assert decided(primary(10, 4, 4, events=old), shadow(3), remembered(3)).target == 3


@pytest.mark.parametrize(
    "later", ["has reached a steady state", "is unable to consistently start tasks successfully"]
)
def test_what_was_said_before_a_steady_state_or_a_crash_loop_explains_no_missing_task(later):
    said = [
        {"message": f"(service web) {later}.", "createdAt": moment(NOW - 1_000)},
        {"message": NO_PLACE, "createdAt": moment(NOW - 2_000)},
    ]
    assert decided(primary(10, 7, 7, events=said), absent()).target == 0


def test_once_tasks_were_started_only_a_covered_shortage_grows_without_another_word():
    started = "(service web) has started 2 tasks: (task 1) (task 2)."
    said = [
        {"message": started, "createdAt": moment(NOW - 900)},
        {"message": NO_PLACE, "createdAt": moment(NOW - 1_000)},
    ]
    assert decided(primary(10, 7, 7, events=said), absent()).target == 0
    assert decided(primary(10, 4, 4, events=said), shadow(3), remembered(3)).target == 6


REFUSED = (
    "(service web) was unable to place a task. Reason: You've reached the limit on the number of "
)


def test_a_quota_is_no_shortage_and_the_alert_says_what_ecs_says():
    said = [{"message": f"{REFUSED}vCPUs you can run concurrently.", "createdAt": moment(NOW)}]
    first = decided(primary(10, 4, 4, events=said), absent())
    assert (first.target, first.cover.waiting_since) == (0, NOW)
    later = decided(primary(10, 4, 4, events=said), absent(), first.cover, now=NOW + 600)
    [news] = of_a_look(primary(10, 4, 4), absent(), first.cover, later, NOW + 600)
    assert news.kind == "waiting"
    assert "6 tasks are missing and not covered" in news.text
    assert "limit on the number of vCPUs" in news.text


def test_a_cover_that_is_there_stays_when_something_else_comes_in_the_way():
    said = [{"message": f"{REFUSED}tasks.", "createdAt": moment(NOW)}]
    one = primary(10, 4, 4, events=said)
    quiet = remembered(8, shortage_at=NOW - 9_000, raised_at=NOW - 9_000)
    kept = decided(one, shadow(6), quiet)
    assert kept.target == 6
    assert "ECS says" in kept.reason
    assert decided(one, shadow(8), quiet).target == 6, "what is more than missing is given back"


def test_a_shortage_that_must_not_be_covered_is_told_after_ten_minutes():
    one = primary(10, 4, 4, tags={"ecs-ops:spot-fallback-max": "0"})
    first = decided(one, absent(), evidence=SHORT)
    assert (first.target, first.cover.waiting_since) == (0, NOW)
    assert "spot-fallback-max" in first.reason


@pytest.mark.parametrize("most", [{}, {"ecs-ops:spot-fallback-max": "4"}])
def test_a_service_that_is_scaled_to_nothing_is_not_kept_up_by_its_cover(most):
    one = primary(0, 0, 0, tags=most)
    assert decided(one, shadow(4), remembered(4, relapses=4, shortage_at=NOW)).target == 0


def test_in_a_mixed_strategy_the_services_own_events_do_not_tell_whether_it_is_spot():
    said = [{"message": NO_PLACE, "createdAt": moment(NOW - 60)}]
    mixed = [*described()["capacityProviderStrategy"], {"capacityProvider": "FARGATE", "weight": 1}]
    one = primary(10, 7, 7, events=said, capacityProviderStrategy=mixed)
    assert decided(one, absent()).target == 0
    assert decided(one, absent(), evidence=SHORT).target == 3


def test_tasks_that_are_starting_are_not_covered():
    assert decided(primary(10, 5, 9), absent(), evidence=SHORT).target == 1


def test_it_grows_at_once_with_the_deficit():
    assert decided(primary(10, 4, 4), shadow(3), remembered(3), SHORT).target == 6


def test_it_grows_while_its_first_tasks_are_still_starting():
    """A new service's first deployment goes on until its tasks run; the shortage does not wait."""
    first = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
    new = shadow(3, deployments=first, runningCount=0)
    assert decided(primary(10, 4, 4), new, remembered(3), SHORT).target == 6


def test_it_shrinks_though_its_own_tasks_never_started():
    first = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
    stuck = shadow(4, deployments=first, runningCount=0)
    assert decided(primary(10), stuck, remembered(4)).target == 3


def test_it_does_not_shrink_while_tasks_are_missing():
    assert decided(primary(10, 8, 8), shadow(2), remembered(2)).target == 2


def test_it_stays_until_it_has_been_quiet_for_ten_minutes():
    back = primary(10)
    recent = remembered(4, shortage_at=NOW - 590, raised_at=NOW - 900)
    result = decided(back, shadow(4), recent)
    assert result.target == 4
    assert "1 more quiet minute" in result.reason


def test_it_shrinks_by_a_quarter_a_minute():
    cover, left = remembered(8), 8
    steps = []
    for minute in range(5):
        result = decided(primary(10), shadow(left), cover, now=NOW + 60 * minute)
        cover, left = result.cover, result.target
        steps.append(left)
    assert steps == [6, 4, 2, 0, 0]
    assert (cover.since, cover.peak) == (0.0, 0)


def test_two_looks_within_a_minute_are_one_step():
    first = decided(primary(10), shadow(8), remembered(8))
    assert decided(primary(10), shadow(6), first.cover, now=NOW + 30).target == 6


def test_never_below_what_is_missing():
    assert decided(primary(10, 7, 7), shadow(8), remembered(8)).target == 6
    assert decided(primary(10, 7, 7), shadow(4), remembered(8)).target == 3


def test_each_relapse_doubles_the_quiet_time_up_to_two_hours():
    lowered = remembered(2, lowered_at=NOW - 300, raised_at=NOW - 2_000)
    again = decided(primary(10, 6, 6), shadow(2), lowered, SHORT)
    assert (again.target, again.cover.relapses) == (4, 1)
    assert hold_s(primary(), again.cover) == 1_200
    assert hold_s(primary(), replace(again.cover, relapses=9)) == 7_200


def test_growing_is_no_relapse():
    assert decided(primary(10, 6, 6), shadow(2), remembered(2), SHORT).cover.relapses == 0


def test_relapses_are_forgiven_after_six_quiet_hours():
    long_ago = Cover(relapses=3, lowered_at=NOW - 22_000)
    assert decided(primary(10), shadow(0), long_ago).cover.relapses == 0


def test_the_owners_limit_holds():
    limited = primary(10, 4, 4, tags={"ecs-ops:spot-fallback-max": "2"})
    assert decided(limited, absent(), evidence=SHORT).target == 2
    assert decided(limited, shadow(5), remembered(5)).target == 2


def test_it_never_covers_more_than_the_service_wants():
    assert decided(primary(3, 0, 0), shadow(5), remembered(5), SHORT).target == 3


def test_during_a_deployment_nothing_changes_and_the_waiting_is_noted():
    deployments = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
    result = decided(primary(10, 4, 4, deployments=deployments), shadow(2), remembered(2), SHORT)
    assert result.target == 2
    assert result.cover.waiting_since == NOW


def test_in_a_freeze_nothing_changes():
    for value in ("on", "2026-03-02T10:00:00Z"):
        frozen = primary(10, 4, 4, tags={"ecs-ops:freeze": value})
        assert decided(frozen, absent(), evidence=SHORT).target == 0
    over = primary(10, 4, 4, tags={"ecs-ops:freeze": "2026-03-02T08:00:00Z"})
    assert decided(over, absent(), evidence=SHORT).target == 6


def test_on_instances_tasks_that_wait_for_minutes_are_missing():
    tags = {"ecs-ops:spot-fallback-provider": "on-demand"}
    strategy = [{"capacityProvider": "spot-group", "weight": 1}]
    starting = primary(10, 6, 10, tags=tags, capacityProviderStrategy=strategy)
    waiting = primary(10, 6, 10, waiting=3, tags=tags, capacityProviderStrategy=strategy)
    assert decided(starting, absent()).target == 0
    assert decided(waiting, absent()).target == 3


def test_what_spot_holds_while_it_is_still_short_of_some_is_given_back():
    """Four hours of a half-empty market are no reason to pay twice for the other half."""
    cover, left, targets = remembered(8, raised_at=NOW - 60), 8, []
    for minute in range(20):
        now = NOW + 60 * minute
        result = decided(primary(10, 7, 7), shadow(left), cover, Evidence(spot_at=now), now)
        cover, left = result.cover, result.target
        targets.append(left)
    assert targets == [8] * 10 + [6, 4] + [3] * 8


def test_of_what_came_back_only_what_has_held_all_the_time_is_given_back():
    cover, left = remembered(8, raised_at=NOW - 60), 8
    for minute in range(14):
        now, there = NOW + 60 * minute, 4 if minute == 7 else 9
        result = decided(primary(10, there, there), shadow(left), cover, Evidence(spot_at=now), now)
        cover, left = result.cover, result.target
    assert left == 6


def test_a_service_that_is_scaled_in_and_out_in_a_shortage_is_no_relapse_of_spot():
    smaller = decided(primary(4, 0, 0), shadow(6), remembered(6), SHORT)
    assert smaller.target == 4
    larger = decided(primary(6, 0, 0), shadow(4), smaller.cover, SHORT, NOW + 120)
    assert (larger.target, larger.cover.relapses) == (6, 0)


def test_who_relapses_in_a_shortage_that_goes_on_has_relapsed_however_late():
    before = remembered(10, raised_at=NOW - 9_000, lowered_at=NOW - 7_200)
    assert decided(primary(10, 3, 3), shadow(5), before, SHORT).cover.relapses == 1
    assert decided(primary(10, 3, 3), shadow(0), before, SHORT).cover.relapses == 0


def _at_most(percent, running, there=None, **more):
    configured = {"maximumPercent": percent, "minimumHealthyPercent": 0}
    return primary(10, running, there, deploymentConfiguration=configured, **more)


@pytest.mark.parametrize(("percent", "stay"), [(100, 2), (101, 2), (125, 4), (150, 7), (200, 10)])
def test_beside_spot_there_is_never_more_than_the_service_may_have_at_once(percent, stay):
    quiet = remembered(10, shortage_at=NOW - 60)
    after = decided(_at_most(percent, 8), shadow(10), quiet)
    assert after.target == stay
    assert bool(after.cover.since) == bool(stay)
    assert after.cover.lowered_at == 0.0, "no relapse if Spot goes again"


def test_a_service_that_is_scaled_in_is_cut_to_what_may_be_there_in_one_step():
    cut = decided(
        primary(1, 1, deploymentConfiguration={"maximumPercent": 100}), shadow(8), remembered(8)
    )
    assert (cut.target, cut.reason) == (
        0,
        "no more than 1 task may run at once, and 1 is on Spot",
    )


def test_tasks_that_start_on_spot_are_of_those_that_may_be_there_at_once():
    quiet = remembered(10, shortage_at=NOW - 60)
    starting = _at_most(150, 5, 8, pendingCount=3)
    assert decided(starting, shadow(10), quiet).target == 7


def test_what_is_about_to_end_is_missing_until_what_replaces_it_runs():
    assert decided(_at_most(100, 10, 10, pendingCount=4), shadow(4), remembered(4)).target == 4


@pytest.mark.parametrize(
    ("desired", "there", "waiting", "percent"), [(1, 2, 1, 200), (5, 10, 5, 200), (4, 5, 1, 100)]
)
def test_tasks_without_an_instance_are_covered_whatever_may_be_there_at_once(
    desired, there, waiting, percent
):
    """An instance that drains keeps its tasks until their replacements run, and those wait for one."""
    configured = {"maximumPercent": percent, "minimumHealthyPercent": 100}
    on_instances = {
        "tags": {"ecs-ops:spot-fallback-provider": "on-demand"},
        "capacityProviderStrategy": [{"capacityProvider": "spot", "weight": 1}],
    }
    one = primary(
        desired,
        there - waiting,
        there,
        waiting=waiting,
        deploymentConfiguration=configured,
        **on_instances,
    )
    cover, targets = Cover(), []
    for minute in range(4):
        wished = decided(
            one, shadow(targets[-1]) if targets else absent(), cover, now=NOW + 60 * minute
        )
        cover = wished.cover
        targets.append(wished.target)
    assert targets == [waiting] * 4


def test_a_task_that_starts_on_spot_does_not_take_the_place_of_one_that_runs():
    assert decided(_at_most(100, 0, 10), shadow(10), remembered(10)).target == 10


def test_a_task_on_spot_that_does_not_answer_does_not_take_the_place_of_one_that_does():
    ill = replace(_at_most(100, 10), unhealthy=3)
    assert decided(ill, shadow(10), remembered(10)).target == 3
    given_up = decided(_at_most(100, 10), shadow(10), remembered(10))
    assert given_up.target == 0


def test_who_relapsed_waits_until_it_is_quiet():
    cover = remembered(8, raised_at=NOW - 60, relapses=1)
    for minute in range(60):
        now = NOW + 60 * minute
        result = decided(primary(10, 7, 7), shadow(8), cover, Evidence(spot_at=now), now)
        cover = result.cover
        assert result.target == 8


def test_nothing_is_given_back_for_tasks_that_do_not_answer():
    one = replace(primary(10), unhealthy=8)
    assert decided(one, shadow(8), remembered(8)).target == 8
    assert decided(replace(one, unhealthy=1), shadow(8), remembered(8)).target == 6


@given(
    desired=st.integers(0, 50),
    counts=st.tuples(*(st.integers(0, most) for most in (60, 60, 10, 10))),
    percent=st.sampled_from([100, 150, 200]),
    covered=st.integers(0, 60),
    short=st.booleans(),
    age=st.floats(0, 10_000),
)
def test_whatever_happens_it_is_raised_to_the_deficit_and_lowered_to_what_is_missing(
    desired, counts, percent, covered, short, age
):
    running, there, starting, waiting = counts
    one = primary(
        desired,
        running,
        there,
        pendingCount=min(starting, there),
        waiting=min(waiting, there),
        deploymentConfiguration={"maximumPercent": percent, "minimumHealthyPercent": 0},
    )
    cover = remembered(covered, shortage_at=NOW - age)
    after = decided(one, shadow(covered), cover, SHORT if short else QUIET)
    if after.target > covered:
        assert after.target == min(one.deficit, desired)
        again = decided(one, shadow(after.target), after.cover, now=NOW + 60)
        assert again.target == after.target, "what was raised is not taken back at the next look"
    if after.target < covered:
        assert after.target >= min(one.missing, one.desired)
    assert 0 <= after.target <= min(desired, one.room)
