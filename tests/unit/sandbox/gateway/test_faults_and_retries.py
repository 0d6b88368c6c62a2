from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import WallClock
from sandbox.faults import CallFault, Crashed, EventFault, FaultPlan
from sandbox.gateway.botocore_hook import in_process
from sandbox.gateway.gateway import Gateway
from sandbox.trace import Trace
from tests.unit.sandbox.gateway.stand_ins import START, FakeSimulator

Client = Callable[..., Any]


def test_a_timeout_before_the_call_leaves_no_effect(
    hook: None, faults: FaultPlan, ecs: FakeSimulator, client: Client, trace: Trace
) -> None:
    faults.add(CallFault("timeout-before", service="ecs"))
    with pytest.raises(ConnectTimeoutError):
        client("ecs").list_clusters()
    assert ecs.calls == []
    entry = trace.select("call")[0]
    assert (entry["outcome"], entry["error"], entry["fault"]) == (
        "timeout",
        "ConnectTimeoutError",
        "timeout-before",
    )


def test_a_timeout_after_the_call_leaves_its_effect(
    hook: None, faults: FaultPlan, ecs: FakeSimulator, client: Client, trace: Trace
) -> None:
    faults.add(CallFault("timeout-after", operation="ListClusters"))
    with pytest.raises(ReadTimeoutError):
        client("ecs").list_clusters()
    assert [operation for operation, _, _ in ecs.calls] == ["ListClusters"]
    assert trace.select("call")[0]["outcome"] == "timeout"


@pytest.mark.parametrize(("kind", "waited"), [("timeout-before", 1.0), ("timeout-after", 3.0)])
def test_a_timeout_takes_as_long_as_the_client_waits(
    hook: None, faults: FaultPlan, client: Client, trace: Trace, kind: Any, waited: float
) -> None:
    faults.add(CallFault(kind, service="ecs", nth=1))
    ecs = client("ecs", config={"connect_timeout": 1, "read_timeout": 3})
    with pytest.raises((ConnectTimeoutError, ReadTimeoutError)):
        ecs.list_clusters()
    ecs.list_clusters()
    first, second = trace.select("call")
    assert second["started"] - first["ended"] == pytest.approx(waited)


def test_a_crash_after_the_call_kills_a_handler_that_catches_every_exception(
    hook: None, faults: FaultPlan, ecs: FakeSimulator, client: Client, trace: Trace
) -> None:
    faults.add(CallFault("crash-after", function="spot-drain", nth=2))
    ecs_client = client("ecs", attempts=5)

    def handler() -> None:
        for _ in range(3):
            try:
                ecs_client.list_clusters()
            except Exception:  # noqa: BLE001 - that is what careless handlers do
                pytest.fail("a crash is no exception")

    with pytest.raises(Crashed):
        handler()
    assert len(ecs.calls) == 2
    assert [entry["outcome"] for entry in trace.select("call")] == ["ok", "ok"]
    assert trace.select("call")[1]["fault"] == "crash-after"


def test_an_error_fault_has_the_code_that_was_asked_for(
    hook: None, faults: FaultPlan, client: Client
) -> None:
    faults.add(
        CallFault("error", code="ServerException", message="Service Unavailable", status=503)
    )
    ecs = client("ecs")
    with pytest.raises(ecs.exceptions.ServerException, match="Service Unavailable"):
        ecs.list_clusters()


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("ecs", "list_clusters", "ThrottlingException"),
        ("elbv2", "describe_target_groups", "Throttling"),
        ("sqs", "list_queues", "RequestThrottled"),
    ],
)
def test_a_throttle_fault_has_the_code_of_the_service(
    hook: None, faults: FaultPlan, client: Client, service: str, method: str, code: str
) -> None:
    faults.add(CallFault("throttle"))
    with pytest.raises(ClientError, match="Rate exceeded") as raised:
        getattr(client(service), method)()
    assert raised.value.response["Error"]["Code"] == code


def _nobody_sleeps(seconds: float) -> None:
    raise AssertionError(f"slept {seconds} s of real time")


def test_a_throttled_call_is_tried_again_without_sleeping(
    hook: None,
    faults: FaultPlan,
    client: Client,
    trace: Trace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "sleep", _nobody_sleeps)
    faults.add(CallFault("throttle", nth=1))
    faults.add(CallFault("throttle", nth=2))
    client("ecs", attempts=5).list_clusters()
    calls = trace.select("call")
    assert [call["outcome"] for call in calls] == ["throttled", "throttled", "ok"]
    assert calls[0]["waited_s"] == 0
    waited = [call["waited_s"] for call in calls[1:]]
    assert all(seconds > 0 for seconds in waited)
    assert calls[2]["started"] == pytest.approx(START + sum(waited))


def test_the_operator_is_spared_from_faults(hook: None, faults: FaultPlan, client: Client) -> None:
    faults.add(CallFault("error"))
    client("ecs", key="AKIAOPERATOR00000000").list_clusters()


def test_latency_shows_in_the_trace_and_does_not_move_the_clock(
    gateway: Gateway, hook: None, faults: FaultPlan, client: Client, trace: Trace
) -> None:
    gateway.latency_s = 0.02
    faults.add(CallFault("slow", nth=2, seconds=3.0))
    ecs = client("ecs")
    for _ in range(3):
        ecs.list_clusters()
    stamps = [(entry["started"] - START, entry["ended"] - START) for entry in trace.select("call")]
    assert stamps == [
        (pytest.approx(0, abs=1e-6), pytest.approx(0.02)),
        (pytest.approx(0.02), pytest.approx(3.04)),
        (pytest.approx(3.04), pytest.approx(3.06)),
    ]
    assert gateway.timeline.now() == pytest.approx(START + 3.06)
    assert trace.select("call")[0].at == START


def test_a_new_invocation_starts_at_the_clock_again(
    gateway: Gateway, hook: None, client: Client
) -> None:
    gateway.latency_s = 5.0
    client("ecs").list_clusters()
    gateway.timeline.restart()
    assert gateway.timeline.now() == START


def test_latency_and_back_off_sleep_in_real_time(client: Client, ecs: FakeSimulator) -> None:
    clock = WallClock()
    trace = Trace(clock.now)
    door = Gateway(clock, trace, simulators={"ecs": ecs}, latency_s=0.05)
    door.trace_operator = True
    with in_process(door):
        client("ecs").list_clusters()
    door.close()
    clock.close()
    entry = trace.select("call")[0]
    assert entry["ended"] - entry["started"] >= 0.05
    assert entry["elapsed_ms"] >= 50


def test_faults_are_counted_per_rule_and_the_first_hit_wins() -> None:
    plan = FaultPlan(
        random.Random(0),
        calls=[CallFault("slow", service="ecs", nth=2), CallFault("error", operation="RunTask")],
    )
    calls = [("ecs", "RunTask"), ("ecs", "StopTask"), ("elbv2", "RunTask"), ("ecs", "StopTask")]
    hits = [plan.plan_call(*call, "f") for call in calls]
    assert [hit and hit.kind for hit in hits] == ["error", "slow", "error", None]
    plan.clear()
    assert plan.plan_call("ecs", "RunTask", "f") is None


def test_the_same_seed_gives_the_same_faults() -> None:
    def run() -> list[bool]:
        plan = FaultPlan(random.Random(3), calls=[CallFault("error", probability=0.3)])
        return [plan.plan_call("ecs", "RunTask", None) is not None for _ in range(200)]

    assert run() == run()
    assert 30 < sum(run()) < 90


def test_an_event_without_a_fault_is_delivered_once_and_at_once() -> None:
    event = {"id": "1", "source": "aws.ecs", "detail-type": "ECS Task State Change"}
    plan = FaultPlan(random.Random(0), events=[EventFault(source="aws.health", duplicates=1)])
    assert plan.plan_delivery(event) == [(0.0, event)]


@settings(deadline=None)
@given(
    duplicates=st.integers(0, 5),
    delay=st.floats(0, 3600),
    shuffle=st.floats(0, 60),
    seed=st.integers(0, 1000),
)
def test_a_faulty_event_arrives_late_in_copies_and_never_early(
    duplicates: int, delay: float, shuffle: float, seed: int
) -> None:
    trace = Trace(lambda: 0.0)
    fault = EventFault(
        detail_type="ECS Task State Change", duplicates=duplicates, delay_s=delay, shuffle_s=shuffle
    )
    plan = FaultPlan(random.Random(seed), events=[fault], trace=trace)
    event = {"id": "1", "detail-type": "ECS Task State Change"}
    deliveries = plan.plan_delivery(event)
    assert [copy for _, copy in deliveries] == [event] * (duplicates + 1)
    assert all(delay <= late <= delay + shuffle + 1e-9 for late, _ in deliveries)
    assert trace.select("state", what="event-fault", event_id="1")
