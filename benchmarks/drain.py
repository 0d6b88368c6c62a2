"""Round trips of one interruption, and a storm of a thousand, with the built artefact in real time.

The functions run from the artefact under the Lambda runtime interface client and reach the account
over loopback HTTP; each of their calls takes 30 ms, and the account throttles at the published rates.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.results import ROOT, Result
from build_tools import variant
from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.ecs import App, EcsSettings
from sandbox.trace import Entry
from sandbox.world import check_world

TEMPLATE = ROOT / "template.yaml"
LATENCY_S = 0.03
# The slower a rival, the longer it is watched: whoever is cut off has made fewer calls.
WATCH_S = 900
SERVICES, TASKS_EACH, GROUPS_EACH = 50, 20, 2
# How the storm runs without this design: each message alone, as many functions as Lambda starts.
ONE_PER_TASK = {
    "BatchSize: 10": "BatchSize: 1",
    "MaximumConcurrency: 2 }": "MaximumConcurrency: 8 }",
}
# The usual public design makes these calls for each task, and neither verifies nor reports.
_PUBLIC_DESIGN_CALLS = 1 + GROUPS_EACH

# ECS itself does nothing here (containers-roadmap#2673): the hard case, in which all is left to us.
_SETTINGS = EcsSettings(
    provisioning_s=0.1,
    pending_s=0.1,
    activating_s=0.1,
    jitter=0.0,
    scheduler_s=0.05,
    stop_timeout_s=110.0,
    native_spot_deregistration="broken",
)


def measure() -> Iterator[Result]:
    """All figures of this group."""
    yield from _round_trips()
    yield from _storm()


def _round_trips() -> Iterator[Result]:
    with _account(TEMPLATE, services=1, tasks=2) as account:
        for temperature, goal in (("cold", "<= 2"), ("warm", "<= 1")):
            (victim,) = _tasks(account)[:1]
            account.trace.clear()
            account.ecs.interrupt([victim])
            _wait_until_told(account)
            calls = _calls(account, "SpotDrainFunction")
            out = max(c["ended"] for c in calls if c["operation"] == "DeregisterTargets")
            trips = sequential([c for c in calls if c["started"] < out])
            yield Result(
                f"drain.round_trips.{temperature}", trips, "round trips until out of rotation", goal
            )


def _storm() -> Iterator[Result]:
    calls, delays = _run_storm(TEMPLATE)
    with _edited_template(ONE_PER_TASK) as template:
        rival_calls, rival_delays = _run_storm(template)
    tasks = SERVICES * TASKS_EACH
    yield Result(
        "drain.storm.calls_ratio",
        calls / rival_calls,
        "of the calls of one function run per task",
        "<= 0.1",
        {
            "one run per task": 1.0,
            "public design without verification": tasks * _PUBLIC_DESIGN_CALLS / rival_calls,
        },
    )
    yield Result(
        "drain.storm.calls",
        calls,
        "AWS calls",
        None,
        {
            "one run per task": rival_calls,
            "public design without verification": tasks * _PUBLIC_DESIGN_CALLS,
        },
    )
    yield Result(
        "drain.storm.p99_s",
        percentile_99(delays),
        "s",
        "<= 10",
        {"one run per task": percentile_99(rival_delays)},
    )
    yield Result("drain.storm.left_behind", tasks * GROUPS_EACH - len(delays), "targets", "== 0")


def _run_storm(template: Path) -> tuple[int, list[float]]:
    """Interrupt everything at once; the functions' calls, and how long each target took."""
    with _account(template, services=SERVICES, tasks=TASKS_EACH) as account:
        account.trace.clear()
        began = time.time()
        account.ecs.interrupt()
        _wait_until_told(account)
        out: dict[tuple[str, str], float] = {}
        for call in account.trace.select("call", operation="DeregisterTargets", outcome="ok"):
            for target in call["parameters"]["Targets"]:
                key = call["parameters"]["TargetGroupArn"], target["Id"]
                out.setdefault(key, call["ended"] - began)
        return len(_calls(account)), list(out.values())


def sequential(calls: list[Entry]) -> int:
    """Round trips one after another: the longest chain of calls that do not overlap."""
    trips, busy_until = 0, 0.0
    for call in sorted(calls, key=lambda call: float(call["ended"])):
        if call["started"] >= busy_until:
            trips, busy_until = trips + 1, float(call["ended"])
    return trips


@contextmanager
def _account(template: Path, *, services: int, tasks: int) -> Iterator[Account]:
    """An account in real time whose workload is running, with the artefact deployed."""
    clock = WallClock()
    try:
        with Account(clock=clock, latency_s=LATENCY_S, throttling=True, ecs=_SETTINGS) as account:
            account.deploy(template, host="runtime_api", artefact=variant.ensure())
            for number in range(services):
                # Tasks live to the end of their notice: nothing but a deregistration saves requests.
                account.ecs.behave(f"s{number}", App(stops_in_s=100, accepts_until="exit"))
            check_world(_world(services, tasks), "benchmark").build(account)
            while len(_tasks(account)) < services * tasks or account.pending():
                time.sleep(0.2)
            yield account
    finally:
        clock.close()


def _world(services: int, tasks: int) -> dict[str, Any]:
    containers = [{"name": "app", "port": 8080, "stop_timeout": "110s"}]
    return {
        "clusters": [
            {
                "name": "prod",
                "services": [
                    {
                        "name": f"s{number}",
                        "count": tasks,
                        "containers": containers,
                        "target_groups": [{"name": f"s{number}-{g}"} for g in range(GROUPS_EACH)],
                    }
                    for number in range(services)
                ],
            }
        ]
    }


def _tasks(account: Account) -> list[str]:
    pages = account.client("ecs").get_paginator("list_tasks").paginate(cluster="prod")
    arns = [arn for page in pages for arn in page["taskArns"]]
    running = []
    for start in range(0, len(arns), 100):
        answer = account.client("ecs").describe_tasks(
            cluster="prod", tasks=arns[start : start + 100]
        )
        running += [
            task["taskArn"]
            for task in answer["tasks"]
            if task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING"
        ]
    return running


def _calls(account: Account, logical_id: str = "") -> list[Entry]:
    return [
        e
        for e in account.trace.select("call")
        if logical_id in (e.get("function") or "") and e.get("function")
    ]


def _wait_until_told(account: Account) -> None:
    """Until draining, verification, report and alerts are through: nothing waits in any queue."""
    time.sleep(2)
    deadline = time.monotonic() + WATCH_S
    while waiting := account.pending():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {WATCH_S} s messages still wait: {waiting}")
        time.sleep(0.5)


def percentile_99(values: list[float]) -> float:
    """All but a hundredth are at most this."""
    return sorted(values)[max(0, int(len(values) * 0.99) - 1)]


@contextmanager
def _edited_template(edits: dict[str, str]) -> Iterator[Path]:
    """The shipped template with a few words replaced, beside the original: its paths stay right."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for before, after in edits.items():
        if before not in text:
            raise ValueError(f"template.yaml has no {before!r} any more: mend ONE_PER_TASK")
        text = text.replace(before, after)
    path = TEMPLATE.with_name(".benchmark-template.yaml")
    path.write_text(text, encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink()
