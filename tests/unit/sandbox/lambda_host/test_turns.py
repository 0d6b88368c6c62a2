"""A handler's thread pool in virtual time."""

import concurrent.futures
import time

import pytest

from sandbox.clock import VirtualClock
from sandbox.gateway.timeline import Timeline
from sandbox.lambda_host.turns import taking_turns


@pytest.fixture
def timeline():
    clock = VirtualClock(1_767_603_600.0)
    yield Timeline(clock)
    clock.close()


def pool(workers):
    return concurrent.futures.ThreadPoolExecutor(workers)


def test_calls_side_by_side_take_as_long_as_the_slowest(timeline):
    with taking_turns(timeline), pool(3) as workers:
        for seconds in (1, 3, 2):
            workers.submit(timeline.spend, seconds)
    assert timeline.lead == 3


def test_calls_wait_for_a_free_worker(timeline):
    starts = []

    def call():
        starts.append(timeline.lead)
        timeline.spend(1)

    with taking_turns(timeline), pool(2) as workers:
        for _ in range(5):
            workers.submit(call)
    assert starts == [0, 0, 1, 1, 2]
    assert timeline.lead == 3


def test_calls_run_in_the_order_in_which_they_were_handed_over(timeline):
    order = []
    with taking_turns(timeline), pool(8) as workers:
        for number in range(20):
            workers.submit(order.append, number)
    assert order == list(range(20))


def test_an_error_reaches_whoever_asks_for_the_result(timeline):
    class Crash(BaseException):
        pass

    def crash():
        raise Crash

    with taking_turns(timeline), pool(1) as workers:
        future = workers.submit(crash)
    with pytest.raises(Crash):
        future.result()


def test_who_asks_for_a_result_waits_for_the_call(timeline):
    with taking_turns(timeline):
        workers = pool(2)
        slow, quick = workers.submit(timeline.spend, 3), workers.submit(timeline.spend, 1)
        assert timeline.lead == 0
        quick.result()
        assert timeline.lead == 1
        assert slow.exception() is None
        assert timeline.lead == 3
        workers.shutdown(wait=False)


def test_nobody_waits_longer_than_they_want_to(timeline):
    with taking_turns(timeline):
        workers = pool(1)
        slow = workers.submit(timeline.spend, 30)
        with pytest.raises(TimeoutError):
            slow.result(timeout=4)
        with pytest.raises(TimeoutError):
            slow.exception(timeout=0)
        assert timeline.lead == 4
        workers.shutdown(wait=False)
        assert timeline.lead == 4


def test_a_map_keeps_its_order(timeline):
    with taking_turns(timeline), pool(2) as workers:
        assert list(workers.map(str, range(3))) == ["0", "1", "2"]


def test_who_sleeps_lets_the_accounts_time_pass(timeline):
    real = time.perf_counter()
    with taking_turns(timeline), pool(2) as workers:
        began = time.monotonic()
        for _ in range(4):
            workers.submit(time.sleep, 3600)
    assert timeline.lead == 7200
    with taking_turns(timeline):
        assert time.monotonic() - began == 7200
    assert time.perf_counter() - real < 3600


def test_outside_everybody_has_real_threads_and_sleep(timeline):
    with taking_turns(timeline):
        inside = concurrent.futures.ThreadPoolExecutor, time.sleep
    assert concurrent.futures.ThreadPoolExecutor is not inside[0]
    assert time.sleep is not inside[1]
