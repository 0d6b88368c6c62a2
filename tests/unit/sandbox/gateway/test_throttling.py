from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import VirtualClock
from sandbox.gateway.calls import service_model
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.throttling import ECS_QUOTAS, Throttles
from sandbox.trace import Trace

Client = Callable[..., Any]
HERE = ("123456789012", "eu-west-1")
NOW = 1_000_000.0


def admitted(
    throttles: Throttles, operation: str, times: int, now: float = NOW, **parameters: Any
) -> int:
    call = ("ecs", operation)
    return sum(throttles.admit(HERE, call, parameters, now) for _ in range(times))


@pytest.mark.parametrize(
    ("operation", "burst", "per_second"),
    [
        ("StopTask", 100, 40),
        ("DescribeTasks", 100, 20),
        ("DescribeServices", 100, 20),
        ("UpdateService", 50, 5),
        ("DescribeServiceRevisions", 50, 20),
        ("DescribeTaskDefinition", 50, 20),
    ],
)
def test_the_burst_passes_and_then_the_sustained_rate(
    operation: str, burst: int, per_second: int
) -> None:
    throttles = Throttles()
    assert admitted(throttles, operation, burst + 10) == burst
    assert admitted(throttles, operation, burst, NOW + 1) == per_second
    assert admitted(throttles, operation, burst + 10, NOW + 1000) == burst


def test_operations_of_a_group_share_a_bucket_and_groups_do_not() -> None:
    throttles = Throttles()
    assert admitted(throttles, "DescribeTasks", 60) == 60
    assert admitted(throttles, "ListTasks", 60) == 40
    assert admitted(throttles, "DescribeServices", 60) == 60


def test_accounts_and_regions_have_buckets_of_their_own() -> None:
    throttles = Throttles()
    assert admitted(throttles, "UpdateService", 60) == 50
    assert throttles.admit(("123456789012", "us-east-1"), ("ecs", "UpdateService"), {}, NOW)
    assert throttles.admit(("210987654321", "eu-west-1"), ("ecs", "UpdateService"), {}, NOW)


def test_what_aws_publishes_no_quota_for_is_not_throttled() -> None:
    throttles = Throttles()
    assert all(throttles.admit(HERE, ("sqs", "SendMessage"), {}, NOW) for _ in range(5000))


def test_cloudwatch_and_parameter_store_have_published_rates_too() -> None:
    throttles = Throttles()
    for service, operation, rate in (
        ("cloudwatch", "DescribeAlarms", 9),
        ("ssm", "GetParameter", 40),
    ):
        calls = [throttles.admit(HERE, (service, operation), {}, NOW) for _ in range(100)]
        assert sum(calls) == rate


def test_cloud_map_publishes_a_rate_for_discovery_only() -> None:
    throttles = Throttles()
    for operation, passed in (("DiscoverInstances", 2_000), ("DeregisterInstance", 2_500)):
        call = ("servicediscovery", operation)
        assert sum(throttles.admit(HERE, call, {}, NOW) for _ in range(2_500)) == passed


def test_fargate_launches_take_a_token_for_each_task() -> None:
    throttles = Throttles()
    spot = [{"capacityProvider": "FARGATE_SPOT"}]
    assert admitted(throttles, "RunTask", 15, launchType="FARGATE", count=10) == 10
    assert admitted(throttles, "RunTask", 5, capacityProviderStrategy=spot, count=10) == 5
    assert admitted(throttles, "RunTask", 15, NOW + 1, launchType="FARGATE", count=10) == 2
    assert admitted(throttles, "RunTask", 50, launchType="EC2", count=10) == 50


def test_fargate_takes_twenty_run_task_calls_a_second() -> None:
    assert admitted(Throttles(), "RunTask", 30, launchType="FARGATE") == 20


def test_every_throttled_operation_is_one_of_ecs() -> None:
    known = set(service_model("ecs").operation_names)
    for quota in ECS_QUOTAS.values():
        assert quota.operations <= known


@settings(deadline=None)
@given(steps=st.lists(st.floats(0, 3), max_size=60))
def test_no_window_admits_more_than_burst_and_refill(steps: list[float]) -> None:
    throttles = Throttles()
    now, times = NOW, []
    for step in steps:
        now += step
        times += [now] * admitted(throttles, "UpdateService", 7, now)
    for index, begin in enumerate(times):
        for last in range(index, len(times)):
            assert last - index + 1 <= 50 + 5 * (times[last] - begin) + 1e-6


def test_a_function_over_the_quota_is_throttled_and_recovers(
    gateway: Gateway, hook: None, client: Client, trace: Trace, clock: VirtualClock
) -> None:
    gateway.throttles = Throttles()
    ecs = client("ecs")
    for _ in range(50):
        ecs.update_service(service="web")
    with pytest.raises(ClientError, match="Rate exceeded") as raised:
        ecs.update_service(service="web")
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert len(trace.select("call", outcome="throttled")) == 1
    clock.run_for(1)
    ecs.update_service(service="web")


def test_back_off_refills_the_bucket_of_the_waiting_thread(
    gateway: Gateway, hook: None, client: Client, trace: Trace
) -> None:
    gateway.throttles = Throttles()
    ecs = client("ecs", attempts=8)
    for _ in range(51):
        ecs.update_service(service="web")
    throttled = trace.select("call", outcome="throttled")
    assert throttled
    assert trace.select("call")[-1]["outcome"] == "ok"
    assert trace.select("call")[-1]["started"] > throttled[0]["started"]
