"""How much capacity a policy asks for, with the examples of AWS's documentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.autoscaling.rules import percent_of, stepped, tracked

STEPS = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 0},
    {"MetricIntervalLowerBound": 10, "MetricIntervalUpperBound": 20, "ScalingAdjustment": 10},
    {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 30},
]


def test_target_tracking_is_proportional_to_the_metric():
    # "Scaling policy based on Amazon SQS": a backlog of 150 with a target of 100 adds five to ten.
    assert tracked(10, 150, 100) == 15


def test_from_zero_target_tracking_begins_with_the_minimum_possible_amount():
    assert tracked(0, 1e6, 100) == 1
    assert tracked(0, 100, 100) == 0


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_a_ratio_of_required_to_running_lands_on_what_is_required(running, required):
    assert tracked(running, 100 * required / running, 100) == required


@pytest.mark.parametrize(
    ("exact", "rounded"), [(12.7, 12), (0.67, 1), (-0.58, -1), (-6.67, -6), (0.0, 0)]
)
def test_percentages_are_rounded_as_the_user_guide_says(exact, rounded):
    assert percent_of(100, exact) == rounded


@pytest.mark.parametrize(("metric", "capacity"), [(55, 10), (60, 11), (69.9, 11), (70, 13)])
def test_steps_by_percent_with_the_example_of_the_user_guide(metric, capacity):
    configuration = {"AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": STEPS}
    assert stepped(10, configuration, metric, 50) == capacity


def test_below_the_threshold_bounds_are_the_other_way_round():
    steps = [
        {"MetricIntervalUpperBound": 0, "MetricIntervalLowerBound": -10, "ScalingAdjustment": -1},
        {"MetricIntervalUpperBound": -10, "ScalingAdjustment": -2},
    ]
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    assert stepped(10, configuration, 41, 50) == 9
    assert stepped(10, configuration, 40, 50) == 8


def test_a_least_change_and_exact_capacity():
    step = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 25}]
    least = {
        "AdjustmentType": "PercentChangeInCapacity",
        "StepAdjustments": step,
        "MinAdjustmentMagnitude": 2,
    }
    assert stepped(4, least, 60, 50) == 6
    exact = {"AdjustmentType": "ExactCapacity", "StepAdjustments": step}
    assert stepped(4, exact, 60, 50) == 25


def test_a_breach_that_no_step_covers_changes_nothing():
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS[1:]}
    assert stepped(10, configuration, 52, 50) == 10
