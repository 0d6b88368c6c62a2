"""One tick for 1,000 services with a queue each, every AWS call taking 30 ms, at the published rates.

In real time, in one process with the account: what the account itself needs to answer counts against
us. A warm function; its cold start is in the group ``cold_start``.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.ecs import EcsSettings
from sandbox.world import check_world

SERVICES, CLUSTERS, LATENCY_S, ROUNDS = 1000, 4, 0.03, 5
_FUNCTION = "QueueScalingFunction"


def measure() -> Iterator[Result]:
    """Several ticks. The shortest counts: whatever else the machine does only adds to it."""
    clock = WallClock()
    try:
        with Account(
            clock=clock, latency_s=LATENCY_S, throttling=True, ecs=EcsSettings()
        ) as account:
            _build(account)
            account.recycle()  # a tick of the schedule may have found no service, and remembers that
            _tick(account)  # cold: nothing is known yet
            times, calls = [], []
            for _ in range(ROUNDS):
                account.trace.clear()
                times.append(_tick(account))
                calls.append(_calls(account))
    finally:
        clock.close()
    described = statistics.median(each.get("DescribeServices", 0) for each in calls)
    total = statistics.median(sum(each.values()) for each in calls)
    yield Result("scaling.tick1000.calls", described, "DescribeServices calls", "<= 100")
    yield Result("scaling.tick1000.all_calls", total, "AWS calls, one of them for each queue")
    yield Result("scaling.tick1000.s", min(times), "s", "<= 15")


def _build(account: Account) -> None:
    account.deploy(ROOT / "template.yaml")
    rule = account.client("events")
    for name in [each["Name"] for each in rule.list_rules()["Rules"]]:
        rule.disable_rule(Name=name)  # ticks come from here alone
    sqs = account.client("sqs")
    clusters: list[dict[str, Any]] = []
    for cluster in range(CLUSTERS):
        services = []
        for number in range(cluster, SERVICES, CLUSTERS):
            name = f"worker-{number:04}"
            sqs.create_queue(QueueName=name)
            tags = {"ecs-ops:queue": name, "ecs-ops:latency-slo": "60s"}
            services.append({"name": name, "count": 0, "tags": tags})
        clusters.append({"name": f"prod-{cluster}", "services": services})
    check_world({"clusters": clusters}, "benchmark").build(account)


def _tick(account: Account) -> float:
    tick = {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "source": "aws.events",
        "account": "123456789012",
        "region": "eu-west-1",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "detail-type": "Scheduled Event",
        "resources": [],
        "detail": {},
    }
    began = time.perf_counter()
    answer = account.invoke(_FUNCTION, {"Records": [_record(tick)]})
    took = time.perf_counter() - began
    if answer.error or answer.result["batchItemFailures"]:
        raise RuntimeError(f"the tick failed: {answer.error or answer.result}")
    return took


def _record(tick: dict[str, Any]) -> dict[str, Any]:
    return {"messageId": "1", "body": json.dumps(tick), "eventSource": "aws:sqs"}


def _calls(account: Account) -> dict[str, int]:
    found: dict[str, int] = {}
    for call in account.trace.select("call"):
        if _FUNCTION in (call.get("function") or ""):
            found[call["operation"]] = found.get(call["operation"], 0) + 1
    if found.get("GetQueueAttributes") != SERVICES:
        raise RuntimeError(f"not every queue was read: {found}")
    return found
