"""Rates from what a queue holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_scaling.rates import Before, flow
from queue_scaling.reading import Reading


def reading(at=60.0, visible=0.0, in_flight=0.0, **more):
    return Reading(at=at, visible=visible, in_flight=in_flight, **more)


def before(visible=0.0, in_flight=0.0, offered=0.0, at=0.0, delayed=0.0):
    return Before(at, visible, in_flight, delayed, offered)


def test_the_first_look_takes_what_is_in_flight_for_what_is_needed():
    assert flow(reading(in_flight=7), None, 2.0, 10).offered == 7.0


def test_steady_work_is_what_is_in_flight_whatever_the_processing_time_is_believed_to_be():
    for service_s in (0.5, 2.0, 8.0):
        rates = flow(reading(in_flight=12), before(in_flight=12, offered=12.0), service_s, 20)
        assert rates.offered == pytest.approx(12.0)


def test_a_growing_backlog_adds_what_it_grows_by():
    # 10 workers of 2 s finish 5/s; 300 more wait after a minute: 10/s arrive, 20 slots' worth.
    rates = flow(reading(visible=300, in_flight=10), before(in_flight=10, offered=10.0), 2.0, 10)
    assert rates.arrivals == pytest.approx(10.0)
    assert rates.completions == pytest.approx(5.0)
    assert 10.0 < rates.offered < 20.0


def test_a_backlog_that_drains_takes_away_what_it_falls_by():
    rates = flow(
        reading(visible=0, in_flight=10), before(visible=300, in_flight=10, offered=10.0), 2.0, 10
    )
    assert rates.arrivals == pytest.approx(0.0)


def test_estimates_converge_while_nothing_changes():
    offered = 0.0
    for minute in range(1, 30):
        past = before(in_flight=9, offered=offered, at=60.0 * (minute - 1))
        offered = flow(reading(at=60.0 * minute, in_flight=9), past, 2.0, 20).offered
    assert offered == pytest.approx(9.0, rel=0.01)


def test_two_looks_at_once_say_nothing_of_a_rate():
    past = before(visible=0, in_flight=3, offered=3.0)
    assert flow(reading(at=1.0, visible=500, in_flight=3), past, 2.0, 3).offered == 3.0


def test_messages_that_wait_are_followed_faster_than_samples_of_what_is_in_flight():
    past = before(offered=0.0)
    busy = flow(reading(visible=100, in_flight=10), past, 0.001, 10).offered
    quiet = flow(reading(visible=0, in_flight=10), past, 0.001, 10).offered
    assert busy > quiet


def test_a_source_that_counts_arrivals_is_believed():
    told = reading(visible=50, arrival_rate=4.0)
    assert flow(told, None, 2.0, 3).offered == pytest.approx(8.0)


def test_without_knowing_what_is_in_flight_a_backlog_means_that_all_are_busy():
    unknown = Reading(at=60.0, visible=100, in_flight=None)
    past = before(visible=40, offered=4.0)
    rates = flow(unknown, past, 2.0, 10)
    assert rates.completions == pytest.approx(5.0)
    assert rates.arrivals == pytest.approx(6.0)


def test_without_knowing_what_is_in_flight_a_surplus_is_found_by_trying():
    empty = Reading(at=60.0, visible=0, in_flight=None)
    offered = flow(empty, before(offered=10.0), 2.0, 10).offered
    assert 8.0 < offered < 10.0


NUMBERS = st.floats(0, 1e5)


@given(
    st.floats(1, 1e4),
    NUMBERS,
    st.none() | NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.floats(0.001, 43_200),
    st.integers(0, 5000),
)
def test_rates_are_never_negative_whatever_was_read(  # noqa: PLR0917
    gap, visible, in_flight, delayed, was_visible, was_in_flight, offered, service_s, slots
):
    now = Reading(at=gap, visible=visible, in_flight=in_flight, delayed=delayed)
    past = Before(0.0, was_visible, was_in_flight, 0.0, offered)
    rates = flow(now, past, service_s, slots)
    assert rates.offered >= 0
    assert rates.arrivals >= 0
    assert rates.completions >= 0
