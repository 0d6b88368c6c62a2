"""Messages, workers, and what happens to work when a worker is stopped."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.queue_load.load import Load, constant, load_of
from sandbox.queue_load.ordering import Grouped
from sandbox.queue_load.score import percentile, waits, within
from sandbox.queue_load.workers import Worker, Workers


def load(*arrivals, work=10.0):
    return Load("test", arrivals, [work] * len(arrivals), max(arrivals, default=0.0))


def working(count, given_load, slots=1, visibility_s=60.0, order=None):
    workers = Workers(random.Random(1))
    queue = workers.poll(given_load, visibility_s=visibility_s, order=order)
    tasks = [Worker(str(number), slots) for number in range(count)]
    for task in tasks:
        workers.start(task, 0.0)
    return workers, queue, tasks


def held(workers):
    counts = workers.counts()
    return counts.visible, counts.in_flight, counts.deleted


def test_an_idle_worker_takes_a_message_at_once():
    workers, queue, _ = working(1, load(5.0))
    workers.advance(5.0)
    assert held(workers) == (0, 1, 0)
    workers.advance(15.0)
    assert held(workers) == (0, 0, 1)
    assert queue.started[0] == 5.0


def test_what_nobody_can_take_waits_in_order():
    workers, queue, _ = working(1, load(0.0, 1.0, 2.0))
    workers.advance(12.0)
    assert held(workers) == (1, 1, 1)
    workers.advance(100.0)
    assert list(queue.started) == [0.0, 10.0, 20.0]
    assert workers.counts().oldest_s == 0.0


def test_the_age_of_the_oldest_message_grows():
    workers, _, _ = working(1, load(0.0, 1.0))
    workers.advance(8.0)
    assert workers.counts().oldest_s == 7.0


def test_a_task_with_more_slots_holds_more_messages():
    workers, _, _ = working(1, load(0.0, 0.0, 0.0), slots=2)
    workers.advance(1.0)
    assert held(workers) == (1, 2, 0)


def test_a_new_task_takes_what_waits():
    workers, queue, _ = working(0, load(0.0))
    workers.advance(7.0)
    workers.start(Worker("late", 1), 7.0)
    assert queue.started[0] == 7.0


def test_a_stopping_worker_finishes_what_it_can_in_time_and_takes_no_more():
    workers, queue, (task,) = working(1, load(0.0, 1.0))
    assert workers.stop(task, 4.0, grace_s=30.0) == 10.0
    workers.advance(50.0)
    assert held(workers) == (1, 0, 1)
    assert queue.killed == 0


def test_what_is_not_done_in_time_is_killed_and_comes_back_after_the_visibility_timeout():
    workers, queue, (task,) = working(1, load(0.0, work=100.0), visibility_s=60.0)
    assert workers.stop(task, 4.0, grace_s=30.0) == 34.0
    workers.advance(59.0)
    assert held(workers) == (0, 1, 0)
    workers.advance(60.0)
    assert held(workers) == (1, 0, 0)
    workers.start(Worker("next", 1), 70.0)
    workers.advance(200.0)
    assert held(workers) == (0, 0, 1)
    assert queue.killed == 1
    assert queue.started[0] == 70.0


def test_messages_of_a_group_are_worked_off_one_after_another():
    order = Grouped(lambda message: message % 2)
    workers, queue, _ = working(10, load(*[0.0] * 6), order=order)
    workers.advance(1.0)
    assert held(workers) == (4, 2, 0)
    workers.advance(100.0)
    assert sorted(queue.started) == [0.0, 0.0, 10.0, 10.0, 20.0, 20.0]


def test_workers_of_two_queues_take_what_has_waited_longest():
    workers = Workers(random.Random(1))
    first = workers.poll(load(0.0, 2.0), visibility_s=60.0)
    second = workers.poll(load(1.0), visibility_s=60.0)
    workers.start(Worker("one", 1), 0.0)
    workers.advance(100.0)
    assert list(first.started) == [0.0, 20.0]
    assert list(second.started) == [10.0]


TIMES = st.lists(st.floats(0, 500), min_size=1, max_size=60)


@given(TIMES, st.integers(1, 8), st.integers(1, 4), st.lists(st.floats(0, 500), max_size=6))
def test_no_message_is_lost_or_done_twice(arrivals, count, slots, looks):
    given_load = load_of("t", arrivals, constant(7.0), 500.0, random.Random(1))
    workers, queue, tasks = working(count, given_load, slots)
    stopped = 0
    for at in sorted(looks):
        workers.advance(at)
        counts = workers.counts()
        assert counts.visible + counts.in_flight + counts.deleted == counts.sent
        assert counts.in_flight <= count * slots + queue.killed
        if stopped < count - 1:
            workers.stop(tasks[stopped], at, grace_s=3.0)
            stopped += 1
    workers.advance(1e6)
    assert workers.counts().deleted == len(arrivals)
    assert all(
        began >= arrived for began, arrived in zip(queue.started, given_load.arrivals, strict=True)
    )


def test_waits_and_percentiles():
    waited = waits([0.0, 1.0, 2.0], [0.0, 61.5, float("inf")], 100.0)
    assert waited == [0.0, 60.5, 98.0]
    assert within(waited, 60.0) == pytest.approx(100 / 3)
    assert percentile(waited, 99) == 98.0
    assert percentile([], 99) == 0.0
    assert within([], 60.0) == 100.0
