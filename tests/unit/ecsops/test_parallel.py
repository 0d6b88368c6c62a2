from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import CallFailed
from ecsops.parallel import chunks, parcels, run_all, run_within, within


def _fails():
    raise ValueError("no")


def test_nothing_to_call_answers_nothing():
    assert run_all([]) == []


def test_one_call_needs_no_thread():
    assert run_all([threading.get_ident]) == [threading.get_ident()]


def test_answers_come_in_the_order_of_the_calls_and_a_failure_hides_none():
    answers = run_all([lambda: 1, _fails, lambda: 3])
    assert answers[0] == 1
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 3


def test_a_single_failing_call_answers_with_its_exception():
    assert isinstance(run_all([_fails])[0], ValueError)


def test_calls_run_side_by_side():
    barrier = threading.Barrier(3, timeout=5)
    answers = run_all([barrier.wait] * 3)
    assert sorted(answers) == [0, 1, 2]


def test_more_calls_than_threads_all_run():
    assert run_all([lambda n=n: n for n in range(100)]) == list(range(100))


@given(st.lists(st.integers()), st.integers(1, 10))
def test_chunks_keep_order_and_limit(items, size):
    cut = chunks(items, size)
    assert [item for part in cut for item in part] == items
    assert all(1 <= len(part) <= size for part in cut)


@given(st.lists(st.integers(0, 30)), st.integers(1, 5), st.integers(1, 20))
def test_parcels_keep_order_and_both_limits(sizes, most, bytes_each):
    cut = parcels(sizes, lambda size: size, most=most, bytes_each=bytes_each)
    assert [item for part in cut for item in part] == sizes
    assert all(1 <= len(part) <= most for part in cut)
    assert all(sum(part) <= bytes_each or len(part) == 1 for part in cut)


@given(st.lists(st.integers(0, 30), min_size=1), st.integers(1, 5), st.integers(1, 20))
def test_no_parcel_is_cut_too_early(sizes, most, bytes_each):
    cut = parcels(sizes, lambda size: size, most=most, bytes_each=bytes_each)
    for before, after in itertools.pairwise(cut):
        assert len(before) == most or sum(before) + after[0] > bytes_each


def test_a_late_call_is_not_waited_for_and_hides_no_answer():
    end = threading.Event()
    began = time.perf_counter()
    answers = run_within([(end.wait, 0.05), (lambda: 2, 5.0), (_fails, 5.0)])
    took = time.perf_counter() - began
    end.set()
    assert took < 2
    assert isinstance(answers[0], TimeoutError)
    assert answers[1] == 2
    assert isinstance(answers[2], ValueError)


def test_each_call_has_its_own_time():
    end = threading.Event()
    done = threading.Timer(0.2, end.set)
    done.start()
    answers = run_within([(end.wait, 0.01), (end.wait, 5.0)])
    assert isinstance(answers[0], TimeoutError)
    assert answers[1] is True


def test_no_call_takes_no_time():
    assert run_within([]) == []


def test_one_call_has_its_time_as_well():
    end = threading.Event()
    assert within("Look", 5, lambda: 2) == 2
    with pytest.raises(ValueError, match="no"):
        within("Look", 5, _fails)
    with pytest.raises(CallFailed, match=r"Look: Timeout: no answer within 0.01 s"):
        within("Look", 0.01, end.wait)
    end.set()
