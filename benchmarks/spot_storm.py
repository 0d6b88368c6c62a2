"""A storm side by side with one chain of calls for each event.

Draining, verification, report and alerts are counted; other capabilities rest.
In virtual time: each call of a function takes 30 ms, and the account throttles at the published rates.
ECS itself does nothing in time (containers-roadmap#2673, or no room elsewhere): all is left to the tools.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.drain import percentile_99
from benchmarks.interrupted import (
    LATENCY_S,
    OUR_RULES,
    SETTINGS,
    TEMPLATE,
    WARM_UP_S,
    WATCH_S,
    calls_of,
    delays_of,
)
from benchmarks.rest import rest_others
from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.ecs import App
from sandbox.world import check_world

PER_EVENT = ROOT / "benchmarks" / "rivals" / "per_event.yaml"
SERVICES, TASKS_EACH, GROUPS_EACH = 50, 20, 2


@dataclass(frozen=True, slots=True)
class Storm:
    """The functions' calls, when each target was out, and what was sent to dead ones."""

    calls: int
    delays: list[float]
    lost_s: float


def measure() -> Iterator[Result]:
    """All figures of this group."""
    ours, usual = _run(TEMPLATE), _run(PER_EVENT)
    rival = "one chain of calls per event"
    never_throttled = SERVICES * TASKS_EACH * (1 + GROUPS_EACH) / usual.calls
    yield Result(
        "spot.storm.calls_ratio",
        ours.calls / usual.calls,
        f"of the calls of {rival}, which neither verifies nor reports",
        None,
        {rival: 1.0, "the same, were it never throttled": never_throttled},
    )
    yield Result(
        "spot.storm.seconds_ratio",
        percentile_99(ours.delays) / percentile_99(usual.delays),
        f"of the time until a target is out (p99) of {rival}",
        None,
        {rival: 1.0},
    )
    yield Result(
        "spot.storm.requests_lost",
        ours.lost_s,
        "target-seconds in rotation without an answer",
        "== 0",
        {rival: usual.lost_s},
    )


def _run(template: Path) -> Storm:
    with Account(seed=3, latency_s=LATENCY_S, throttling=True, ecs=SETTINGS) as account:
        stack = account.deploy(template)
        if template == TEMPLATE:
            rest_others(account, stack, OUR_RULES)
        for number in range(SERVICES):
            # They serve until SIGKILL, 30 s after the notice: who is out by then has lost nothing.
            account.ecs.behave(f"s{number}", App(stops_in_s=100, accepts_until="exit"))
        check_world(_world(), "benchmark").build(account)
        account.run_for(WARM_UP_S)
        account.trace.clear()
        began = account.clock.now()
        account.ecs.interrupt()
        account.run_for(WATCH_S)
        return Storm(len(calls_of(account)), delays_of(account, began), _lost(account))


def _lost(account: Account) -> float:
    groups = account.client("elbv2").get_paginator("describe_target_groups").paginate()
    arns = [group["TargetGroupArn"] for page in groups for group in page["TargetGroups"]]
    return sum(sum(account.targets.lost_request_seconds(arn).values()) for arn in arns)


def _world() -> dict[str, Any]:
    services = [
        {
            "name": f"s{number}",
            "count": TASKS_EACH,
            "containers": [{"name": "app", "port": 8080}],
            "target_groups": [{"name": f"s{number}-{group}"} for group in range(GROUPS_EACH)],
        }
        for number in range(SERVICES)
    ]
    return {"clusters": [{"name": "prod", "services": services}]}
