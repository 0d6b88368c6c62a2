"""A four-hour Spot drought over 100 services, with the shipped cover and without, in virtual time.

The market: all of Spot goes at once; for an hour in the middle it comes and goes every twenty minutes;
after four hours it is back for good. A task is missing while it does not run or is about to be taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks import fallback_flicker
from benchmarks.fallback_flicker import flaps
from benchmarks.rest import rest_others
from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.ecs import EcsSettings
from sandbox.ecs.twin import ServiceCounts
from sandbox.trace import Entry
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
OUR_RULES = ("SpotFallbackSchedule", "SpotShortageRule")
# What a service may have at once while its tasks are replaced, unless it says otherwise
# (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html).
MAXIMUM_PERCENT = 200
SUFFIX = "-ecs-ops-fallback"
_NONE = ServiceCounts(0, 0, 0, 0)


@dataclass(slots=True)
class Observed:
    """What the account itself shows, over the drought and the hour after it: nothing the function says.

    Task-seconds of all services; ``overshoot`` and ``short`` are tasks of the worst service at a step.
    """

    missing: float = 0.0
    wanted: float = 0.0
    on_demand: float = 0.0
    surplus: float = 0.0
    overshoot: int = 0
    short: int = 0
    calls: int = 0
    covers: dict[str, list[int]] = field(default_factory=dict)


def measure() -> Iterator[Result]:
    """All figures of this group."""
    yield from fallback_flicker.measure()
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
        "tasks more than wanted at a raise, or than maximumPercent at any time: the worst service",
        "== 0",
    )
    yield Result(
        "fallback.short_tasks",
        covered.short,
        "tasks fewer than wanted, running on Spot or covered, when a cover is lowered: the worst service",
        "== 0",
    )
    yield Result(
        "fallback.surplus_ratio",
        covered.surplus / covered.wanted,
        "of the task-seconds wanted ran beyond them, while a cover waits whether Spot holds",
    )
    raised_again = max((flaps(each) for each in covered.covers.values()), default=0)
    yield Result(
        "fallback.flaps",
        raised_again,
        "covers raised again after they were lowered, the worst service",
        "<= 1",
    )
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
        stack = account.deploy(TEMPLATE, parameters=parameters)
        rest_others(account, stack, OUR_RULES)
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
        return seen


def _market(account: Account, *, there: bool) -> None:
    account.ecs.spot_capacity(None if there else 0)
    if not there:
        account.ecs.interrupt()


def _look(account: Account, seen: Observed) -> None:
    """A task serves while it is RUNNING and meant to go on; on-demand tasks cost from their start."""
    counts = account.ecs.service_counts()
    for name in _names():
        spot, cover = counts[name], counts.get(name + SUFFIX, _NONE)
        seen.missing += LOOK_EVERY_S * max(0, TASKS_EACH - spot.serving - cover.serving)
        seen.surplus += LOOK_EVERY_S * max(0, spot.meant + cover.meant - TASKS_EACH)
        seen.wanted += LOOK_EVERY_S * TASKS_EACH
        seen.on_demand += LOOK_EVERY_S * cover.on_demand
        most = TASKS_EACH * MAXIMUM_PERCENT // 100
        seen.overshoot = max(seen.overshoot, spot.meant + cover.meant - most)
        steps = seen.covers.setdefault(name, [0])
        if cover.desired > steps[-1]:
            seen.overshoot = max(seen.overshoot, spot.meant + cover.desired - TASKS_EACH)
        if cover.desired < steps[-1]:
            seen.short = max(seen.short, TASKS_EACH - spot.serving - cover.desired)
        if cover.desired != steps[-1]:
            steps.append(cover.desired)


def _note(seen: Observed, entry: Entry) -> None:
    if entry.kind == "call" and "SpotFallback" in (entry.get("function") or ""):
        seen.calls += 1


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
