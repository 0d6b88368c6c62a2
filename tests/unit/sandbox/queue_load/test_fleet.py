"""What a task costs and when it works, who is stopped first, and how late ECS's own metrics come."""

import pytest

from sandbox.queue_load.fleet import TaskTimes
from sandbox.queue_load.load import Load
from sandbox.queue_load.native_metrics import LAG_S, ecs_metric, sqs_metric
from sandbox.queue_load.world import START, Setting, World


def world(*arrivals, work=10.0, **setting):
    times = setting.pop("times", TaskTimes(jitter=0.0))
    load = Load("test", arrivals, [work] * len(arrivals), max(arrivals, default=0.0))
    return World(load, Setting(times=times, **setting))


def test_a_task_takes_messages_45_s_after_the_decision():
    given = world(0.0, minimum=0, first=0)
    given.scale(1)
    given.clock.run_for(44)
    assert (len(given.service.running), len(given.service.starting)) == (0, 1)
    given.clock.run_for(1)
    assert len(given.service.running) == 1
    assert given.score().longest_wait_s == 45.0


def test_start_up_varies_by_a_fifth():
    given = world(first=0, times=TaskTimes())
    given.scale(200)
    given.clock.run_for(36)
    assert not given.service.running
    given.clock.run_for(9)
    assert 50 < len(given.service.running) < 150
    given.clock.run_for(9)
    assert len(given.service.running) == 200


def test_a_task_is_paid_for_from_15_s_on_until_it_has_stopped():
    given = world(0.0, minimum=0, first=0)
    given.scale(1)
    given.clock.run_for(50)  # it has worked for five seconds of ten
    given.scale(0)
    given.clock.run_for(60)
    given.fleet.settle()
    assert given.service.paid_s == pytest.approx(55 - 15)


def test_tasks_that_do_not_run_yet_are_stopped_first():
    given = world(0.0, minimum=0, first=1)
    given.scale(3)
    given.clock.run_for(5)
    given.scale(1)
    assert (len(given.service.running), len(given.service.starting)) == (1, 0)
    given.clock.run_for(60)
    assert given.queue.killed == 0


def test_a_busy_task_is_stopped_like_any_other_unless_it_is_protected():
    for protects_work, killed in ((False, 1), (True, 0)):
        given = world(0.0, work=100.0, minimum=0, first=1, protects_work=protects_work)
        given.clock.run_for(5)
        given.scale(0)
        given.clock.run_for(40)
        assert given.queue.killed == killed


def test_metrics_of_a_minute_come_a_minute_after_it_and_without_tasks_ecs_is_silent():
    given = world(*[0.0] * 5, minimum=0, first=1)
    depth = sqs_metric("ApproximateNumberOfMessagesVisible", "jobs")
    count = ecs_metric("ECS/ContainerInsights", "RunningTaskCount", given.service)
    given.clock.run_for(60 + LAG_S - 2)

    def seen(metric, minute):
        return given.datapoints.statistic(metric, "Maximum", START + 60 * minute, 60)

    assert seen(depth, 0) is None
    given.clock.run_for(2)
    assert seen(depth, 0) == 0.0
    assert seen(count, 0) == 1.0
    given.scale(0)
    given.clock.run_for(300)
    assert seen(depth, 4) == 0.0
    assert seen(count, 4) is None
