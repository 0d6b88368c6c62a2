"""Erlang's C formula against its definition and against published values."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_scaling.waiting import slots_for


def erlang_c(slots, offered):
    """The definition: sums of powers over factorials."""
    top = offered**slots / math.factorial(slots) * slots / (slots - offered)
    return top / (sum(offered**k / math.factorial(k) for k in range(slots)) + top)


def late(slots, offered, service_s, slo_s):
    return erlang_c(slots, offered) * math.exp(-(slots - offered) * slo_s / service_s)


def test_nothing_offered_needs_nobody():
    assert slots_for(0.0, 2.0, 60.0) == 0


def test_where_the_slo_is_long_little_more_than_the_load_is_enough():
    assert slots_for(10.0, 2.0, 60.0) == 11


def test_where_jobs_are_longer_than_the_slo_there_must_be_idle_slots():
    # 10 Erlangs of ten-minute jobs that must start within a minute.
    assert slots_for(10.0, 600.0, 60.0) > 15


@given(st.floats(0.01, 60), st.floats(0.01, 3600), st.floats(1, 3600))
def test_the_smallest_number_that_keeps_the_promise(offered, service_s, slo_s):
    slots = slots_for(offered, service_s, slo_s)
    assert slots > offered
    assert late(slots, offered, service_s, slo_s) <= 0.01 + 1e-9
    if slots - 1 > offered:
        assert late(slots - 1, offered, service_s, slo_s) > 0.01 - 1e-9


@pytest.mark.parametrize("offered", [401.0, 1000.0, 5000.0])
def test_large_loads_are_answered_without_many_steps(offered):
    assert offered < slots_for(offered, 2.0, 60.0) <= offered + 1
    assert slots_for(offered, 600.0, 60.0) > offered + 2 * math.sqrt(offered)


def test_a_simulated_queue_keeps_the_promise():
    rng = random.Random(1)
    offered, service_s, slo_s = 6.0, 2.0, 3.0
    slots = slots_for(offered, service_s, slo_s)
    free, at, waits = [0.0] * slots, 0.0, []
    for _ in range(60_000):
        at += rng.expovariate(offered / service_s)
        first = min(range(slots), key=free.__getitem__)
        begins = max(at, free[first])
        free[first] = begins + rng.expovariate(1 / service_s)
        waits.append(begins - at)
    assert sum(wait > slo_s for wait in waits) / len(waits) <= 0.012
