"""The number of required tasks, and the ratio that target tracking follows."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from queue_scaling.reading import Tasks
from queue_scaling.signal import SLOW, Limits, Work, ratio, required

IDLE = Tasks(running=0, desired=0)


def work(**fields):
    given_fields = {
        "name": "orders",
        "slo_s": 60.0,
        "service_s": 2.0,
        "offered": 0.0,
        "visible": 0.0,
        "in_flight": 0.0,
    }
    return Work(**(given_fields | fields))


def needed(*works, tasks=IDLE, **limits):
    return required(works, tasks, Limits(**limits)).required


def test_nothing_waits_and_nothing_comes_needs_nobody():
    signal = required([work()], IDLE, Limits())
    assert (signal.required, signal.ratio) == (0, 0.0)


def test_whoever_sets_the_count_every_20_s_needs_no_reserve_beyond_what_chance_asks_for():
    assert needed(work(offered=18.0)) == 19


def test_behind_slow_alarms_arrivals_need_their_busy_slots_and_a_tenth_more():
    # 9 messages a second of 2 s each keep 18 slots busy.
    assert needed(work(offered=18.0), pace=SLOW) == 20


def test_what_waits_is_worked_off_in_half_the_slo():
    # 300 messages of 2 s each within 30 s.
    assert needed(work(visible=300)) == 20


def test_behind_slow_alarms_it_is_worked_off_in_the_whole_slo():
    assert needed(work(visible=300), pace=SLOW) == 10


def test_arrivals_and_backlog_add_up():
    assert needed(work(offered=18.0, visible=300)) == 19 + 20


def test_long_jobs_need_one_slot_for_each_message_and_not_more():
    assert needed(work(service_s=3600.0, visible=7)) == 7


def test_a_task_that_holds_more_messages_needs_fewer_tasks():
    assert needed(work(offered=18.0, visible=300), concurrency=10) == 4


def test_one_message_from_zero_needs_one_task_and_a_ratio_above_the_target():
    signal = required([work(visible=1)], IDLE, Limits())
    assert signal.required == 1
    assert signal.ratio > 100


def test_a_backlog_from_zero_asks_for_everything_in_one_step():
    assert needed(work(visible=3000)) == 200


def test_delayed_messages_are_provided_for_over_their_delay():
    assert needed(work(delayed=900, delay_s=900.0)) == needed(work(offered=2.0))
    assert needed(work(delayed=900)) == needed(work(offered=30.0))


def test_queues_add_up_as_work_each_by_its_own_slo():
    # Alone: 300 * 2 / 30 = 20 and 300 * 2 / 300 = 2.
    hurried, patient = work(visible=300), work(name="mails", slo_s=600.0, visible=300)
    assert needed(hurried, patient) == 22


def test_small_queues_share_a_task():
    assert needed(*(work(name=str(at), offered=0.1) for at in range(5))) == 1


def test_streams_and_message_groups_cap_what_workers_can_do():
    signal = required([work(visible=3000, parallel=8)], IDLE, Limits(concurrency=2))
    assert signal.required == 4
    assert "only 8 can be worked on at a time" in signal.applied[0]


def test_a_queue_without_a_cap_lifts_that_of_another():
    assert needed(work(visible=3000, parallel=8), work(name="other", visible=300)) == 220


def test_never_below_what_is_in_flight_without_protection():
    tasks = Tasks(running=10, desired=10)
    busy = work(offered=2.0, in_flight=7)
    assert needed(busy, tasks=tasks) == 7
    assert needed(busy, tasks=tasks, protects_work=True) == 3


def test_messages_in_flight_with_nobody_do_not_scale_out():
    # A worker that was killed leaves its messages in flight until they become visible again.
    tasks = Tasks(running=2, desired=2)
    assert needed(work(offered=1.0, in_flight=50), tasks=tasks) == 2


def test_no_scale_in_during_a_deployment():
    tasks = Tasks(running=9, desired=9, deploying=True)
    signal = required([work(offered=0.5)], tasks, Limits())
    assert signal.required == 9
    assert "no scale-in during a deployment" in signal.applied[0]


def test_a_deployment_does_not_keep_from_scaling_out():
    tasks = Tasks(running=9, desired=9, deploying=True)
    assert needed(work(offered=18.0), tasks=tasks) == 19


def test_minimum_and_maximum_bound_the_rest():
    assert needed(work(), minimum=2) == 2
    assert needed(work(visible=3000), maximum=5) == 5


def test_the_ratio_lands_target_tracking_on_what_is_required_from_anywhere():
    for running in range(1, 200):
        for wanted in range(1, 200, 7):
            landed = math.ceil(running * ratio(wanted, running) / 100 - 1e-9)
            assert landed == wanted


COUNTS = st.integers(0, 5000)
WORKS = st.builds(
    Work,
    name=st.sampled_from(["a", "b", "c"]),
    slo_s=st.floats(1, 3600),
    service_s=st.floats(0.001, 7200),
    offered=st.floats(0, 500),
    visible=COUNTS,
    in_flight=COUNTS,
    delayed=COUNTS,
    delay_s=st.floats(0, 900),
    parallel=st.none() | st.integers(1, 500),
)
TASKS = st.builds(Tasks, running=COUNTS, desired=COUNTS, deploying=st.booleans())
LIMITS = st.builds(
    Limits,
    concurrency=st.integers(1, 100),
    minimum=st.integers(0, 50),
    maximum=st.none() | st.integers(50, 5000),
    protects_work=st.booleans(),
)


@given(st.lists(WORKS, max_size=4), TASKS, LIMITS)
def test_the_result_is_always_within_its_limits(works, tasks, limits):
    signal = required(works, tasks, limits)
    assert signal.required >= limits.minimum
    assert limits.maximum is None or signal.required <= limits.maximum
    assert math.isfinite(signal.ratio)
    assert signal.ratio >= 0


@given(st.lists(WORKS, min_size=1, max_size=4), TASKS, LIMITS)
def test_whoever_waits_gets_a_task(works, tasks, limits):
    assume(any(each.visible for each in works))
    assert required(works, tasks, limits).required >= 1


@given(WORKS, st.integers(1, 5000), TASKS, LIMITS)
def test_more_backlog_never_asks_for_less(one, more, tasks, limits):
    fuller = Work(
        **{name: getattr(one, name) for name in Work.__slots__} | {"visible": one.visible + more}
    )
    less = required([one], tasks, limits).required
    assert required([fuller], tasks, limits).required >= less


@given(st.lists(WORKS, max_size=4), TASKS, LIMITS)
def test_scale_in_never_goes_below_unprotected_work_or_through_a_deployment(works, tasks, limits):
    signal = required(works, tasks, limits)
    top = limits.maximum if limits.maximum is not None else math.inf
    in_flight = sum(each.in_flight for each in works if not each.idle)
    if not limits.protects_work:
        floor = min(math.ceil(in_flight / limits.concurrency), tasks.desired, top)
        assert signal.required >= floor
    if tasks.deploying:
        assert signal.required >= min(tasks.desired, top)


@pytest.mark.parametrize("running", [0, 1, 7])
def test_zero_required_is_a_ratio_of_zero(running):
    assert ratio(0, running) == 0.0
