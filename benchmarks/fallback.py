"""A four-hour Spot drought over 100 services, with the shipped cover and without, in virtual time.

The market: all of Spot goes at once; for an hour in the middle it comes and goes every twenty minutes;
after four hours it is back for good. A task is missing while it does not run or is about to be taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.ecs import EcsSettings
from sandbox.world import check_world

TEMPLATE = ROOT / "template.yaml"
SERVICES, TASKS_EACH = 100, 5
WARM_UP_S, LOOK_EVERY_S = 240.0, 5.0
DROUGHT_S, AFTERWARDS_S = 4 * 3_600.0, 3_600.0
# (second of the drought, whether there is Spot capacity)
MARKET = (
    (0.0, False),
    (5_400.0, True),
    (6_600.0, False),
    (7_800.0, True),
    (9_000.0, False),
    (DROUGHT_S, True),
)
SUFFIX = "-ecs-ops-fallback"


@dataclass(slots=True)
class Observed:
    """Task-seconds of all services over the drought and the hour after it."""

    missing: float = 0.0
    wanted: float = 0.0
    on_demand: float = 0.0
    overshoot: int = 0
    flaps: int = 0
    calls: int = 0
    changes: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def measure() -> Iterator[Result]:
    """All figures of this group."""
    covered, alone = _run("on"), _run("off")
    yield Result(
        "fallback.missing_ratio",
        covered.missing / alone.missing,
        "of the task-seconds that are missing without a cover",
        "<= 0.05",
        {"no cover": 1.0},
    )
    yield Result(
        "fallback.cost_ratio",
        covered.on_demand / covered.wanted,
        "of the on-demand task-seconds of running everything on demand",
        None,
        {"everything on demand": 1.0},
    )
    yield Result(
        "fallback.overshoot_tasks",
        covered.overshoot,
        "tasks raised beyond what found no place, the worst service",
        "== 0",
    )
    yield Result("fallback.flaps", covered.flaps, "flaps, the worst service", "<= 1")
    minutes = (DROUGHT_S + AFTERWARDS_S) / 60
    yield Result(
        "fallback.calls_per_service_minute",
        covered.calls / minutes / SERVICES,
        "AWS calls a service and minute, ticks and changes",
    )


def _run(mode: str) -> Observed:
    settings = EcsSettings(native_spot_deregistration="works")
    parameters = {
        "SpotFallbackMode": mode,
        "QueueScalingMode": "off",
        "SpotDrainMode": "off",
        "AuditMode": "off",
    }
    with Account(seed=11, ecs=settings) as account:
        account.deploy(TEMPLATE, parameters=parameters)
        check_world(_world(), "bench").build(account)
        account.run_for(WARM_UP_S)
        account.trace.clear()
        seen = Observed()
        account.trace.listen(lambda entry: _note(seen, entry))
        began = account.clock.now()
        changes = list(MARKET)
        while (elapsed := account.clock.now() - began) < DROUGHT_S + AFTERWARDS_S:
            while changes and elapsed >= changes[0][0]:
                _market(account, there=changes.pop(0)[1])
            account.run_for(LOOK_EVERY_S)
            _look(account, seen)
            account.trace.clear()
        seen.flaps = max((_flaps(each) for each in seen.changes.values()), default=0)
        return seen


def _market(account: Account, *, there: bool) -> None:
    account.ecs.spot_capacity(None if there else 0)
    if not there:
        account.ecs.interrupt()


def _look(account: Account, seen: Observed) -> None:
    """Count what serves: RUNNING and meant to go on; on-demand tasks from their start."""
    serving, on_demand = account.ecs.task_counts()
    for name in _names():
        there = serving.get(name, 0) + serving.get(name + SUFFIX, 0)
        seen.missing += LOOK_EVERY_S * max(0, TASKS_EACH - there)
        seen.wanted += LOOK_EVERY_S * TASKS_EACH
        seen.on_demand += LOOK_EVERY_S * on_demand.get(name + SUFFIX, 0)


def _note(seen: Observed, entry: Any) -> None:
    if entry.kind == "call" and entry.get("function"):
        seen.calls += "SpotFallback" in entry["function"]
    if entry.kind != "event" or entry["event"]["detail-type"] != "ECS Ops Spot Fallback":
        return
    change = entry["event"]["detail"]
    seen.changes.setdefault(change["service"], []).append((change["before"], change["after"]))
    if change["after"] > change["before"]:
        seen.overshoot = max(seen.overshoot, change["after"] - change["missing"])


def _flaps(changes: list[tuple[int, int]]) -> int:
    """How often a cover that had been lowered had to be raised again."""
    directions = [after > before for before, after in changes]
    return sum(up and not before_up for before_up, up in itertools.pairwise(directions))


def _names() -> list[str]:
    return [f"s{number:03}" for number in range(SERVICES)]


def _world() -> dict[str, Any]:
    services = [
        {
            "name": name,
            "count": TASKS_EACH,
            "containers": [{"name": "app", "port": 8080}],
            "target_groups": [],
            "tags": {"ecs-ops:spot-fallback": "on"},
        }
        for name in _names()
    ]
    return {"clusters": [{"name": "prod", "services": services}]}
