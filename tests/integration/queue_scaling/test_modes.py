"""Each mode through the shipped template: schedule, queue, function, its role, and ECS."""

from __future__ import annotations

import pytest

from sandbox.faults import CallFault


def test_without_a_tag_nothing_is_read_and_nothing_is_published(shop):
    shop.service(queue=None, latency_slo=None)
    shop.minutes(6)
    assert not shop.calls("GetQueueAttributes")
    assert not shop.calls("PutMetricData")
    assert not shop.refused()


def test_metric_mode_publishes_each_minute_and_changes_nothing(shop):
    url = shop.queue()
    shop.service()
    shop.send(url, 60)
    shop.minutes(3)
    # 60 messages of 10 s each within 60 s: ten tasks, one is running.
    assert shop.published()[-1] >= 1000
    assert len(shop.published()) == 3
    assert shop.desired() == 1
    assert not shop.calls("UpdateService")
    assert shop.targets() == []


def test_the_datapoint_is_readable_where_an_alarm_looks(shop):
    url = shop.queue()
    shop.service()
    shop.send(url, 6)
    shop.minutes(2)
    (call, *_) = shop.calls("PutMetricData")
    (datum,) = call["parameters"]["MetricData"]
    assert call["parameters"]["Namespace"] == "ECSOps"
    assert datum["Dimensions"] == [
        {"Name": "Cluster", "Value": "prod"},
        {"Name": "Service", "Value": "worker"},
    ]


def test_managed_mode_scales_out_by_target_tracking_on_the_ratio_and_in_again(shop):
    url = shop.queue()
    shop.service(scaling="managed", min_tasks="1")
    assert shop.policies() == ["ecs-ops-queue"]
    shop.send(url, 60)
    shop.minutes(6)
    assert 10 <= shop.desired() <= 12
    assert not shop.calls("UpdateService"), "Application Auto Scaling sets the count, not we"
    shop.purge(url)
    shop.minutes(25)
    assert shop.desired() == 1
    assert {change["mode"] for change in shop.changes()} == {"managed"}
    assert "Application Auto Scaling" in shop.changes()[0]["reason"]
    assert not shop.refused()


def test_managed_mode_leaves_zero_in_one_step_to_what_is_required(shop):
    url = shop.queue()
    shop.service(count=0, scaling="managed", min_tasks="0")
    shop.minutes(2)
    assert shop.desired() == 0
    shop.send(url, 60)
    shop.minutes(1)
    lifted = shop.desired()
    assert 10 <= lifted <= 20, "60 messages of 10 s in 60 s, and what seems to arrive"
    shop.minutes(3)
    assert shop.running() == lifted
    (target,) = shop.targets()
    assert target["MinCapacity"] == 0, "the lift is taken back once the tasks are running"
    shop.purge(url)
    shop.minutes(25)
    assert shop.desired() == 0
    assert not shop.refused()


def test_managed_mode_follows_the_tags_with_the_rights_it_has(shop):
    shop.queue()
    arn = shop.service(scaling="managed", min_tasks="1")
    shop.tag(arn, max_tasks="30", min_tasks="2")
    shop.minutes(1)
    (target,) = shop.targets()
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 30)
    assert shop.desired() == 2
    assert not shop.refused()


@pytest.mark.parametrize(
    "tags", [{"scaling": "metric"}, {"scaling": "off"}, {"scaling": None}, {"queue": None}]
)
def test_when_the_tag_goes_what_was_registered_goes(shop, tags):
    shop.queue()
    arn = shop.service(scaling="managed", min_tasks="1")
    assert shop.policies()
    shop.tag(arn, **tags)
    shop.minutes(1)
    assert shop.policies() == []
    assert shop.targets() == []
    assert not shop.refused()


def test_a_scalable_target_of_the_user_is_never_touched(shop):
    shop.queue()
    arn = shop.service()
    named = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/worker",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    shop.account.client("application-autoscaling").register_scalable_target(
        **named, MinCapacity=3, MaxCapacity=4
    )
    shop.tag(arn, scaling="managed")
    shop.minutes(3)
    (target,) = shop.targets()
    assert (target["MinCapacity"], target["MaxCapacity"]) == (3, 4)
    assert shop.policies() == []
    (alert,) = shop.alerts()
    assert "not the toolkit's" in alert["summary"]


def test_direct_mode_looks_every_twenty_seconds_and_sets_the_count_in_one_step(shop):
    url = shop.queue()
    shop.service(count=0, scaling="direct")
    shop.minutes(1)
    began = shop.account.clock.now()
    shop.send(url, 60)
    while shop.desired() == 0:
        shop.account.run_for(1)
        assert shop.account.clock.now() - began <= 25
    # Half of the SLO is for the drain: 60 messages of 10 s in 30 s.
    assert shop.desired() == 20
    assert len(shop.calls("UpdateService")) == 1
    assert shop.targets() == []
    (change,) = shop.changes()
    assert (change["before"], change["after"], change["mode"]) == (0, 20, "direct")
    assert "60 waiting" in change["reason"]


def test_direct_mode_fades_back_to_zero(shop):
    url = shop.queue()
    shop.service(count=0, scaling="direct")
    shop.send(url, 60)
    shop.minutes(2)
    assert shop.desired() == 20
    shop.purge(url)
    shop.minutes(18)
    assert shop.desired() == 0


@pytest.mark.parametrize("mode", ["direct", "managed"])
def test_never_fewer_tasks_than_messages_in_flight(shop, mode):
    url = shop.queue()
    shop.service(count=8, scaling=mode, min_tasks="0")
    shop.send(url, 6)
    shop.take(url, 6)
    shop.minutes(25)
    assert shop.desired() >= 6


def test_with_task_protection_the_idle_tasks_go_and_the_busy_ones_stay(shop):
    url = shop.queue()
    shop.service(count=8, scaling="direct", min_tasks="0", task_protection="on")
    shop.send(url, 2)
    shop.take(url, 2)
    busy = shop.protect(2)
    shop.minutes(25)
    left = shop.operations.tasks("worker")
    assert set(busy) < set(left)
    assert len(left) == shop.desired() == 3


def test_a_lift_by_a_process_that_died_is_taken_back_by_the_next_tick(shop):
    url = shop.queue()
    shop.service(count=0, scaling="managed", min_tasks="0")
    shop.minutes(2)
    shop.account.faults.add(CallFault("crash-after", operation="RegisterScalableTarget", nth=1))
    shop.send(url, 60)
    shop.minutes(1)
    assert shop.desired() >= 10, "lifted by the process that died"
    shop.account.faults.clear()
    shop.minutes(1)
    (target,) = shop.targets()
    assert target["MinCapacity"] == 0
    assert not shop.refused()


def test_nothing_is_scaled_while_policies_cannot_be_looked_for(shop):
    url = shop.queue()
    shop.account.faults.add(CallFault("throttle", operation="DescribeScalingPolicies"))
    shop.service(scaling="direct")
    shop.send(url, 60)
    shop.minutes(3)
    assert shop.desired() == 1
    assert shop.operations.metric("UnreadServices") > 0
    shop.account.faults.clear()
    shop.minutes(1)
    assert shop.desired() == 20


def test_a_short_answer_of_the_tagging_api_takes_nothing_back(shop, monkeypatch):
    """It is eventually consistent, and its pages may be short."""
    url = shop.queue()
    shop.service(scaling="managed", min_tasks="1")
    monkeypatch.setattr(shop.account.ecs, "tagged_services", dict)
    shop.account.recycle()
    shop.send(url, 60)
    shop.minutes(6)
    assert shop.policies() == ["ecs-ops-queue"]
    assert shop.desired() >= 10


def test_no_scale_in_during_a_deployment(shop):
    shop.queue()
    shop.service(count=6, scaling="direct", min_tasks="0")
    ecs = shop.account.client("ecs")
    ecs.update_service(cluster="prod", service="worker", desiredCount=6, forceNewDeployment=True)
    shop.trace.clear()
    lowered_while_rolling = []
    for _ in range(60):
        shop.account.run_for(10)
        answer = ecs.describe_services(cluster="prod", services=["worker"])["services"][0]
        rolling = len(answer["deployments"]) > 1
        if rolling and answer["desiredCount"] < 6:
            lowered_while_rolling.append(answer["desiredCount"])
    assert lowered_while_rolling == []
    assert shop.desired() == 0, "once the deployment is over"


@pytest.mark.parametrize(
    ("stack", "tags"), [("on", {"scaling": "dry-run"}), ("dry-run", {"scaling": "direct"})]
)
def test_a_dry_run_decides_as_direct_mode_and_changes_nothing(workshop, stack, tags):
    shop = workshop(mode=stack)
    url = shop.queue()
    shop.service(**tags)
    shop.send(url, 60)
    shop.minutes(2)
    assert shop.desired() == 1
    assert not shop.calls("UpdateService")
    assert "would set 20" in shop.explained()
    assert shop.changes() == []


def test_a_dry_run_of_the_stack_registers_nothing(workshop):
    shop = workshop(mode="dry-run")
    shop.queue()
    shop.service(scaling="managed")
    shop.minutes(2)
    assert shop.targets() == []


def test_the_stacks_switch_stops_everything(workshop):
    shop = workshop(mode="off")
    url = shop.queue()
    shop.service(scaling="direct")
    shop.send(url, 60)
    shop.minutes(6)
    assert shop.calls() == []
    assert shop.desired() == 1


@pytest.mark.parametrize("mode", ["direct", "managed"])
def test_a_service_of_a_user_with_policies_of_their_own_is_told_and_left_alone(shop, mode):
    url = shop.queue()
    arn = shop.service()
    scaling = shop.account.client("application-autoscaling")
    named = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/worker",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**named, MinCapacity=1, MaxCapacity=4)
    scaling.put_scaling_policy(
        **named,
        PolicyName="cpu50",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    )
    shop.tag(arn, scaling=mode)
    shop.send(url, 60)
    shop.minutes(3)
    (alert,) = shop.alerts()
    assert "cpu50" in alert["summary"]
    assert shop.policies() == ["cpu50"]
    assert shop.desired() == 1
