"""What the function's role allows, whatever its code would like to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

NAMED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/prod/worker",
    "ScalableDimension": "ecs:service:DesiredCount",
}
OURS = {"ecs-ops:managed-by": "queue-scaling"}


@pytest.fixture
def as_function(shop):
    """Clients with the credentials of the function."""
    return shop.client_of_function


def denied(call):
    with pytest.raises(ClientError) as raised:
        call()
    return "AccessDenied" in raised.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [(None, False), ("metric", False), ("off", False), ("Direct", True), ("managed", True)],
)
def test_the_count_is_set_for_services_whose_tag_says_so(shop, as_function, mode, allowed):
    shop.queue()
    shop.service(scaling=mode, seen=False)

    def update():
        as_function("ecs").update_service(cluster="prod", service="worker", desiredCount=2)

    if allowed:
        update()
        assert shop.desired() == 2
    else:
        assert denied(update)


def test_nothing_else_of_a_service_is_its_business(shop, as_function):
    shop.service(scaling="direct", seen=False)
    ecs = as_function("ecs")
    assert denied(lambda: ecs.delete_service(cluster="prod", service="worker", force=True))
    assert denied(lambda: ecs.stop_task(cluster="prod", task="0" * 32))


def test_a_scalable_target_without_our_tag_is_neither_changed_nor_removed(shop, as_function):
    shop.service(scaling="managed", max_tasks=None, queue=None, seen=False)
    shop.account.client("application-autoscaling").register_scalable_target(
        **NAMED, MinCapacity=1, MaxCapacity=4
    )
    scaling = as_function("application-autoscaling")
    limits = {"MinCapacity": 0, "MaxCapacity": 9}
    policy = {"PolicyName": "mine", "PolicyType": "TargetTrackingScaling"}
    assert denied(lambda: scaling.register_scalable_target(**NAMED, **limits))
    assert denied(lambda: scaling.put_scaling_policy(**NAMED, **policy))
    assert denied(lambda: scaling.deregister_scalable_target(**NAMED))
    with pytest.raises(ClientError, match="already exists"):
        scaling.register_scalable_target(**NAMED, **limits, Tags=OURS)


def test_a_target_for_a_service_that_did_not_ask_cannot_be_made(shop, as_function):
    shop.service(seen=False)
    scaling = as_function("application-autoscaling")
    limits = {"MinCapacity": 0, "MaxCapacity": 9}
    assert denied(lambda: scaling.register_scalable_target(**NAMED, **limits, Tags=OURS))


def test_metrics_go_into_our_namespace_only(as_function):
    datum = [{"MetricName": "CPUUtilization", "Value": 1.0, "Timestamp": 1_767_603_600}]
    cloudwatch = as_function("cloudwatch")
    assert denied(lambda: cloudwatch.put_metric_data(Namespace="AWS2/ECS", MetricData=datum))
    cloudwatch.put_metric_data(Namespace="ECSOps", MetricData=datum)
