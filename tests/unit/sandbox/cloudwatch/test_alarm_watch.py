"""When alarms are looked at, and when they act."""

import itertools
import random

import pytest

from sandbox.clock import SteppedClock
from sandbox.cloudwatch.alarm_watch import Alarm, AlarmWatch
from sandbox.cloudwatch.datapoints import Datapoints, MetricName
from sandbox.cloudwatch.evaluation import AlarmRule, State

START = 1_767_603_600.0
METRIC = MetricName("Test", "Backlog")


@pytest.fixture
def clock():
    return SteppedClock(START)


@pytest.fixture
def datapoints():
    return Datapoints()


def watch(clock, datapoints, rule, actions, seed=1):
    alarms = AlarmWatch(clock, random.Random(seed))
    alarm = Alarm(
        "a",
        rule,
        lambda at, period: datapoints.statistic(METRIC, "Average", at, period),
        lambda value: actions.append((clock.now() - START, value)),
    )
    alarms.put(alarm)
    return alarms, alarm


def test_a_period_counts_once_it_is_over(clock, datapoints):
    actions = []
    watch(clock, datapoints, AlarmRule(1.0), actions)
    datapoints.put(METRIC, START + 10, 5.0)
    clock.run_for(59.9)
    assert actions == []
    clock.run_for(60)
    assert [value for _, value in actions] == [5.0]
    assert 60 <= actions[0][0] < 120


def test_three_periods_in_a_row_must_breach(clock, datapoints):
    actions = []
    watch(clock, datapoints, AlarmRule(1.0, periods=3, datapoints=3), actions)
    for minute in range(3):
        datapoints.put(METRIC, START + 60 * minute, 5.0)
    clock.run_for(179)
    assert actions == []
    clock.run_for(61)
    assert len(actions) == 1


def test_the_action_is_repeated_each_minute_while_the_alarm_lasts(clock, datapoints):
    actions = []
    watch(clock, datapoints, AlarmRule(1.0), actions)
    for minute in range(10):
        datapoints.put(METRIC, START + 60 * minute, 5.0 if minute < 5 else 0.0)
    clock.run_for(600)
    moments = [at for at, _ in actions]
    assert len(moments) == 5
    gaps = [later - at for at, later in itertools.pairwise(moments)]
    assert gaps == pytest.approx([60.0] * 4)


def test_the_newest_datapoint_is_handed_over(clock, datapoints):
    actions = []
    watch(clock, datapoints, AlarmRule(1.0, periods=3, datapoints=3), actions)
    for minute, value in enumerate((2.0, 3.0, 4.0)):
        datapoints.put(METRIC, START + 60 * minute, value)
    clock.run_for(240)
    assert actions[0][1] == 4.0


def test_a_high_resolution_alarm_is_looked_at_every_ten_seconds(clock, datapoints):
    actions = []
    watch(clock, datapoints, AlarmRule(1.0, period_s=20), actions)
    datapoints.put(METRIC, START + 3, 5.0, resolution=1)
    clock.run_for(31)
    assert len(actions) == 1
    assert 20 <= actions[0][0] <= 30


def test_a_deleted_alarm_is_not_looked_at(clock, datapoints):
    actions = []
    alarms, _ = watch(clock, datapoints, AlarmRule(1.0), actions)
    alarms.delete("a")
    datapoints.put(METRIC, START, 5.0)
    clock.run_for(600)
    assert actions == []
    assert alarms.get("a") is None


def test_a_replaced_alarm_keeps_its_state_and_is_looked_at_once_a_minute(clock, datapoints):
    actions = []
    alarms, alarm = watch(clock, datapoints, AlarmRule(1.0), actions)
    for minute in range(10):
        datapoints.put(METRIC, START + 60 * minute, 5.0)
    clock.run_for(130)
    assert alarm.state is State.ALARM
    again = Alarm("a", alarm.rule, alarm.read, alarm.act)
    alarms.put(again)
    assert again.state is State.ALARM
    seen = len(actions)
    clock.run_for(300)
    assert 4 <= len(actions) - seen <= 6


def test_values_of_a_period_are_aggregated():
    kept = Datapoints()
    for at, value in ((0, 1.0), (30, 2.0), (59, 6.0), (60, 100.0)):
        kept.put(METRIC, START + at, value)
    values = {
        name: kept.statistic(METRIC, name, START, 60)
        for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
    }
    assert values == {
        "Sum": 9.0,
        "Average": 3.0,
        "Minimum": 1.0,
        "Maximum": 6.0,
        "SampleCount": 3.0,
    }
    assert kept.statistic(METRIC, "Sum", START, 120) == 109.0
    assert kept.statistic(METRIC, "Sum", START + 120, 60) is None
