"""Spot that flickers: the control law alone, looked at each minute, in markets of many periods."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.results import Result
from spot_fallback.control import control
from spot_fallback.described import primary_of
from spot_fallback.model import Counted, Cover, Evidence, Shadow

TASKS, MINUTES, AFTERWARDS = 10, 240, 120
THERE = (10, 12, 15, 20, 25, 30, 45, 60)  # minutes with Spot capacity for all
GONE = (5, 10, 20)  # and with none
_ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"


@dataclass(frozen=True, slots=True)
class Market:
    """What one market comes to: raises after a lowering, and tasks beyond what is wanted."""

    there: int
    gone: int
    flaps: int
    surplus: float


def measure() -> Iterator[Result]:
    """The worst of all markets; which one it is stands beside."""
    markets = [_live(there, gone) for there, gone in itertools.product(THERE, GONE)]
    flapping = max(markets, key=lambda each: each.flaps)
    dear = max(markets, key=lambda each: each.surplus)
    yield Result(
        "fallback.flicker_flaps",
        flapping.flaps,
        f"covers raised again in four hours of a flickering market, the worst of {len(markets)}",
        None,
        {f"with {flapping.there} minutes of Spot, {flapping.gone} without": flapping.flaps},
    )
    yield Result(
        "fallback.flicker_surplus_ratio",
        dear.surplus,
        f"of the task-seconds wanted ran beyond them, the dearest of {len(markets)} flickering markets",
        None,
        {f"with {dear.there} minutes of Spot, {dear.gone} without": dear.surplus},
    )


def _live(there: int, gone: int) -> Market:
    cover, shadow = Cover(), Shadow("web-ecs-ops-fallback")
    steps, surplus = [0], 0
    for minute in range(MINUTES + AFTERWARDS):
        now = 1_772_442_000.0 + 60 * minute
        dry = minute < MINUTES and minute % (there + gone) < gone
        running = 0 if dry else TASKS
        decided = control(
            primary_of(_service(running), Counted(running), now),
            shadow,
            cover,
            Evidence(spot_at=now) if dry else Evidence(),
            now,
        )
        cover = decided.cover
        shadow = Shadow(
            shadow.name, "active", f"{_ARN}-ecs-ops-fallback", decided.target, decided.target
        )
        surplus += max(0, running + decided.target - TASKS)
        if decided.target != steps[-1]:
            steps.append(decided.target)
    return Market(there, gone, flaps(steps), surplus / (TASKS * (MINUTES + AFTERWARDS)))


def flaps(steps: list[int]) -> int:
    """How often a cover that had been lowered had to be raised again."""
    rises = [after > before for before, after in itertools.pairwise(steps)]
    return sum(rise and not before for before, rise in itertools.pairwise(rises))


def _service(running: int) -> dict[str, object]:
    return {
        "serviceArn": _ARN,
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
        "serviceName": "web",
        "desiredCount": TASKS,
        "runningCount": running,
        "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
        "tags": [{"key": "ecs-ops:spot-fallback", "value": "on"}],
    }
