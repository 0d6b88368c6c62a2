"""The widget for 200 services when every AWS call takes 30 ms.

In real time, in one process with the account: what the account itself needs to answer counts against
us. A warm function; its cold start is in the group ``cold_start``.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.ecs import EcsSettings
from sandbox.world import check_world

SERVICES, LATENCY_S, ROUNDS = 200, 0.03, 9
# ECS shows the last 100 of a service, asked for or not: most of what has to be read.
_EVENTS = 100
_QUICK = EcsSettings(provisioning_s=0.1, pending_s=0.1, activating_s=0.1, scheduler_s=0.05)
_EVENT = {"widgetContext": {"params": {}, "width": 1856, "height": 420, "theme": "dark"}}


def measure() -> Iterator[Result]:
    """The median of several looks."""
    clock = WallClock()
    with Account(clock=clock, ecs=_QUICK, latency_s=LATENCY_S) as account:
        account.deploy(ROOT / "template.yaml")
        services = [{"name": f"service-{at:03}", "count": 1} for at in range(SERVICES)]
        check_world({"clusters": [{"name": "prod", "services": services}]}, "bench").build(account)
        _wait_for_tasks(account)
        _give_a_history(account)
        _look(account)  # cold
        account.trace.clear()
        times = [_look(account) for _ in range(ROUNDS)]
        calls = len([call for call in account.trace.select("call") if call.get("function")])
    clock.close()
    yield Result("dashboard.render_200_s", statistics.median(times), "s", "<= 1")
    yield Result("dashboard.calls_200", calls / ROUNDS, "AWS calls", "<= 30")


def _give_a_history(account: Account) -> None:
    message = "(service service) has reached a steady state."
    for service in account.ecs._state.services.values():  # noqa: SLF001 - weeks would have to pass
        service.events[:] = [
            {"id": str(uuid.uuid4()), "createdAt": datetime.now(UTC), "message": message}
            for _ in range(_EVENTS)
        ]


def _look(account: Account) -> float:
    began = time.perf_counter()
    answer = account.invoke("DashboardFunction", _EVENT)
    took = time.perf_counter() - began
    if answer.error or answer.result.count("<tr>") != SERVICES + 1:
        raise RuntimeError(f"the widget does not show {SERVICES} services: {answer.error}")
    return took


def _wait_for_tasks(account: Account) -> None:
    ecs = account.client("ecs")
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        cluster: dict[str, Any] = ecs.describe_clusters(clusters=["prod"])["clusters"][0]
        if cluster["runningTasksCount"] >= SERVICES:
            return
        time.sleep(0.2)
    raise RuntimeError("the tasks did not start within two minutes")
