"""The processing time is measured, and held near the owner's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_scaling.processing_time import Estimate, Minute, first, measure, update


def minute(in_flight=10.0, completed=300.0, visible=0.0, slots=20.0):
    return Minute(visible, visible, in_flight, completed, slots)


def test_littles_law_without_a_backlog():
    # 10 in flight at 5 a second: 2 s each.
    assert measure([minute()] * 6) == pytest.approx(2.0)


def test_saturated_throughput_while_more_waits_than_workers_hold():
    # 20 slots that are all busy finish 600 a minute: 2 s each, however many were prefetched.
    waiting = minute(in_flight=200.0, completed=600.0, visible=500.0)
    assert measure([waiting] * 3) == pytest.approx(2.0)


def test_a_minute_with_a_purge_in_it_has_no_say():
    minutes = [minute()] * 9
    minutes[4] = minute(completed=50_000.0)
    assert measure(minutes) == pytest.approx(2.0)


def test_too_little_to_go_by_is_no_measurement():
    assert measure([]) is None
    assert measure([minute(in_flight=0.1, completed=1.0)] * 10) is None
    assert measure([minute(in_flight=0.0, completed=100.0)] * 10) is None


def test_before_any_measurement_the_owners_word_holds():
    assert first(3.0, 60.0) == Estimate(3.0)


def test_without_one_a_tenth_of_the_slo_is_assumed_ten_seconds_at_most():
    assert first(None, 60.0).service_s == 6.0
    assert first(None, 3600.0).service_s == 10.0


def test_the_first_measurement_replaces_the_guess():
    assert update(Estimate(6.0), 2.0, None) == Estimate(2.0, 1)


def test_later_ones_move_it_half_of_the_way():
    moved = update(Estimate(1.0, 3), 4.0, None)
    assert moved.service_s == pytest.approx(2.0)
    assert moved.measured == 4


def test_one_measurement_moves_it_by_a_factor_of_two_at_most():
    assert update(Estimate(1.0, 3), 1000.0, None).service_s == pytest.approx(2.0)


@pytest.mark.parametrize(("measured", "kept"), [(0.01, 0.5), (100.0, 8.0)])
def test_it_never_leaves_a_quarter_to_four_times_of_what_the_owner_says(measured, kept):
    assert update(Estimate(2.0), measured, 2.0).service_s == pytest.approx(kept)


def test_a_new_word_of_the_owner_holds_at_once():
    assert update(Estimate(100.0, 9), None, 2.0).service_s == pytest.approx(8.0)


@pytest.mark.parametrize("wrong", [0.5, 2.0])
def test_a_prior_that_is_wrong_by_two_is_mended_by_one_measurement(wrong):
    assert update(first(2.0 * wrong, 60.0), 2.0, 2.0 * wrong).service_s == pytest.approx(2.0)


MINUTES = st.lists(
    st.builds(
        Minute,
        *(st.floats(0, 1e6) for _ in range(5)),
    ),
    max_size=20,
)


@given(st.floats(0.001, 43_200), MINUTES, st.none() | st.floats(0.001, 43_200))
def test_an_estimate_is_always_a_time_that_a_message_can_take(service_s, minutes, prior):
    estimate = update(Estimate(service_s, 1), measure(minutes), prior)
    assert 0.001 <= estimate.service_s <= 43_200
    if prior is not None:
        low, high = prior / 4 * (1 - 1e-9), prior * 4 * (1 + 1e-9)
        assert estimate.service_s >= min(low, 43_200)
        assert estimate.service_s <= max(high, 0.001)
