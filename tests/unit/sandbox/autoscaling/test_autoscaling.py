"""Scalable targets and policies against a service whose tasks start when the test says so."""

import random

import pytest

from sandbox.autoscaling import AutoScaling
from sandbox.caller import Caller
from sandbox.clock import SteppedClock
from sandbox.cloudwatch.alarm_watch import AlarmWatch
from sandbox.cloudwatch.datapoints import Datapoints, MetricName
from sandbox.errors import ApiError, UnsupportedOperation

START = 1_767_603_600.0
CALLER = Caller("operator", "123456789012", "eu-west-1")
METRIC = MetricName("ECSOps", "Ratio")
OTHER = MetricName("ECSOps", "Other")


class Service:
    """As far as Application Auto Scaling sees it."""

    def __init__(self):
        self.desired = self.running = 10
        self.deploying = False
        self.changes = []
        self.at_once = True

    def describe(self, resource_id):
        state = "IN_PROGRESS" if self.deploying else "COMPLETED"
        return {
            "desiredCount": self.desired,
            "runningCount": self.running,
            "deployments": [{"rolloutState": state}],
        }

    def set(self, resource_id, count):
        self.changes.append(count)
        self.desired = count
        if self.at_once:
            self.running = count


class World:
    def __init__(self):
        self.clock = SteppedClock(START)
        self.datapoints = Datapoints()
        self.service = Service()
        alarms = AlarmWatch(self.clock, random.Random(1))
        self.scaling = AutoScaling(self.clock, alarms, self.datapoints, self.service)

    def call(self, operation, **params):
        named = {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/prod/worker",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        return self.scaling.call(operation, named | params, CALLER)

    def register(self, minimum=1, maximum=100, **more):
        return self.call("RegisterScalableTarget", MinCapacity=minimum, MaxCapacity=maximum, **more)

    def track(self, metric=METRIC, name="ratio", **more):
        own = {"Namespace": metric.namespace, "MetricName": metric.name, "Statistic": "Average"}
        configuration = {"TargetValue": 100.0, "CustomizedMetricSpecification": own} | more
        return self.call(
            "PutScalingPolicy",
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )

    def minutes(self, count, value, metric=METRIC):
        """Put a value for each minute that begins, and let it pass."""
        for _ in range(count):
            if value is not None:
                self.datapoints.put(metric, self.clock.now(), value)
            self.clock.run_for(60)


@pytest.fixture
def world():
    return World()


def test_registering_clamps_the_capacity_at_once(world):
    world.register(minimum=12)
    assert world.service.changes == [12]
    world.register(minimum=1, maximum=5)
    assert world.service.changes == [12, 5]


def test_a_minimum_can_be_lifted_alone(world):
    world.register()
    world.call("RegisterScalableTarget", MinCapacity=30)
    assert world.service.desired == 30
    world.call("RegisterScalableTarget", MinCapacity=1)
    assert world.service.desired == 30
    target = world.call("DescribeScalableTargets")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 100)


@pytest.mark.parametrize("limits", [{"MinCapacity": 5, "MaxCapacity": 3}, {"MinCapacity": 5}])
def test_limits_that_make_no_sense_are_refused(world, limits):
    with pytest.raises(ApiError, match="ValidationException"):
        world.call("RegisterScalableTarget", **limits)


def test_target_tracking_scales_out_after_three_minutes_above(world):
    world.register()
    world.track()
    world.minutes(3, 150.0)
    assert world.service.changes == []
    world.minutes(1, None)
    assert world.service.changes == [15]


def test_target_tracking_scales_in_after_fifteen_minutes_below_nine_tenths(world):
    world.register()
    world.track()
    world.minutes(15, 50.0)
    assert world.service.changes == []
    world.minutes(1, None)
    assert world.service.changes == [5]


def test_between_nine_tenths_and_the_target_nothing_happens(world):
    world.register()
    world.track()
    world.minutes(40, 91.0)
    assert world.service.changes == []


def test_without_data_nothing_is_scaled_in(world):
    world.register()
    world.track()
    world.minutes(60, None)
    assert world.service.changes == []


def test_from_zero_one_data_point_is_enough_and_brings_one_task(world):
    world.service.desired = world.service.running = 0
    world.register(minimum=0)
    world.track()
    world.minutes(1, 5000.0)
    world.minutes(1, None)
    assert world.service.changes == [1]


def test_a_metric_from_before_a_scale_out_is_not_multiplied_with_its_tasks(world):
    world.register()
    world.track(ScaleOutCooldown=90)
    world.minutes(4, 200.0)
    # The tasks are there, the alarm still sees the datapoint of before: 20 * 2 would be 40.
    assert world.service.changes == [20]
    world.minutes(2, 100.0)
    assert world.service.changes == [20]


def test_in_the_cooldown_a_larger_scale_out_gets_the_difference(world):
    world.register()
    world.track(ScaleOutCooldown=600)
    world.minutes(4, 200.0)
    world.minutes(2, 300.0)
    assert world.service.changes == [20, 30]


def test_the_cooldown_begins_when_the_tasks_are_running(world):
    world.service.at_once = False
    world.register()
    world.track(ScaleOutCooldown=60)
    world.minutes(9, 200.0)
    assert world.service.changes == [20]
    world.service.running = 20
    world.minutes(3, 110.0)
    assert world.service.changes == [20, 22]


def test_scale_in_waits_for_its_cooldown(world):
    world.register()
    world.track(ScaleInCooldown=300)
    world.minutes(17, 50.0)
    assert world.service.changes == [5]
    world.minutes(3, 50.0)
    assert world.service.changes == [5]
    world.minutes(3, 50.0)
    assert world.service.changes == [5, 3]


def test_no_scale_in_during_a_deployment_but_scale_out(world):
    world.service.deploying = True
    world.register()
    world.track()
    world.minutes(20, 50.0)
    assert world.service.changes == []
    world.minutes(5, 150.0)
    assert world.service.changes == [15]


def test_scale_in_needs_every_policy_and_scale_out_only_one(world):
    world.register()
    world.track()
    world.track(OTHER, "other")
    for _ in range(20):
        world.datapoints.put(OTHER, world.clock.now(), 95.0)
        world.minutes(1, 50.0)
    assert world.service.changes == []
    for _ in range(20):
        world.datapoints.put(OTHER, world.clock.now(), 80.0)
        world.minutes(1, 50.0)
    assert world.service.changes[0] == 8  # the larger of the two


def test_scaling_can_be_suspended(world):
    world.register(SuspendedState={"DynamicScalingOutSuspended": True})
    world.track()
    world.minutes(6, 150.0)
    assert world.service.changes == []


def test_what_is_deregistered_scales_no_more(world):
    world.register()
    world.track()
    world.call("DeregisterScalableTarget")
    world.minutes(6, 150.0)
    assert world.service.changes == []
    assert world.call("DescribeScalingPolicies")["ScalingPolicies"] == []
    with pytest.raises(ApiError, match="ObjectNotFoundException"):
        world.call("DeregisterScalableTarget")


def test_a_policy_can_be_replaced_and_deleted(world):
    world.register()
    first = world.track()
    assert world.track(ScaleOutCooldown=60)["PolicyARN"] == first["PolicyARN"]
    (policy,) = world.call("DescribeScalingPolicies")["ScalingPolicies"]
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["ScaleOutCooldown"] == 60
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == [
        "TargetTracking-service/prod/worker-AlarmHigh-ratio",
        "TargetTracking-service/prod/worker-AlarmLow-ratio",
    ]
    world.call("DeleteScalingPolicy", PolicyName="ratio")
    with pytest.raises(ApiError, match="ObjectNotFoundException"):
        world.call("DeleteScalingPolicy", PolicyName="ratio")


def test_a_step_in_its_cooldown_counts_what_was_added(world):
    # "... only 1 additional task is added": 2 ordered, then 3 asked for.
    world.register()
    arn = world.call(
        "PutScalingPolicy",
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [
                {
                    "MetricIntervalLowerBound": 0,
                    "MetricIntervalUpperBound": 10,
                    "ScalingAdjustment": 2,
                },
                {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
            ],
        },
    )["PolicyARN"]
    world.scaling.alarm(arn, 105.0, 100.0)
    assert world.service.desired == 12
    world.scaling.alarm(arn, 115.0, 100.0)
    assert world.service.desired == 13
    world.scaling.alarm(arn, 115.0, 100.0)
    assert world.service.desired == 13


def test_activities_are_shown_newest_first(world):
    world.register(minimum=12)
    world.register(minimum=20)
    activities = world.call("DescribeScalingActivities")["ScalingActivities"]
    assert [each["Description"] for each in activities] == [
        "Setting desired count to 20.",
        "Setting desired count to 12.",
    ]


def test_policies_come_ten_at_a_time(world):
    world.register()
    for number in range(12):
        world.track(name=f"p{number:02}")
    first = world.call("DescribeScalingPolicies")
    assert len(first["ScalingPolicies"]) == 10
    second = world.call("DescribeScalingPolicies", NextToken=first["NextToken"])
    assert [each["PolicyName"] for each in second["ScalingPolicies"]] == ["p10", "p11"]
    assert "NextToken" not in second
    with pytest.raises(ApiError, match="between 1 and 10"):
        world.call("DescribeScalingPolicies", MaxResults=11)
    with pytest.raises(ApiError, match="InvalidNextTokenException"):
        world.call("DescribeScalingPolicies", NextToken="x")


def test_what_is_not_simulated_is_refused_by_name(world):
    with pytest.raises(UnsupportedOperation, match="PutScheduledAction"):
        world.call("PutScheduledAction")
    with pytest.raises(UnsupportedOperation, match="ECS services only"):
        world.call("DescribeScalableTargets", ServiceNamespace="dynamodb")
