"""Spot that flickers: the control law alone, looked at each minute, in periodic and in drawn markets."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.results import Result
from spot_fallback.control import control
from spot_fallback.described import primary_of
from spot_fallback.model import Counted, Cover, Evidence, Shadow

TASKS, MINUTES, AFTERWARDS = 10, 240, 120
THERE = (10, 12, 15, 20, 25, 30, 45, 60)  # minutes with Spot capacity for all
GONE = (5, 10, 20)  # and with none
DRAWN, DRAWN_MINUTES = (
    250,
    720,
)  # markets in which Spot has room for some, for one to forty minutes at a time
HOLD_MINUTES = 10  # the tag's default
_ROOMS = (0, 0, 3, 5, 8, 9, 10, 10, 10)
_ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"


@dataclass(frozen=True, slots=True)
class Market:
    """What one market comes to: ``covered`` and ``missing`` are tasks, minute by minute."""

    name: str
    missing: tuple[int, ...]
    covered: tuple[int, ...]

    @property
    def surplus(self) -> float:
        """Of the task-minutes wanted, what ran beyond them."""
        pairs = zip(self.missing, self.covered, strict=True)
        return sum(max(0, cover - missing) for missing, cover in pairs) / (
            TASKS * len(self.missing)
        )

    @property
    def flaps_a_shortage(self) -> int:
        """The most flaps of one shortage: it is over when nothing was missing for the quiet time."""
        most, quiet, began = 0, HOLD_MINUTES, 0
        for minute, missing in enumerate(self.missing):
            if missing and quiet >= HOLD_MINUTES:
                most, began = max(most, flaps(self.covered[began:minute])), minute
            quiet = 0 if missing else quiet + 1
        return max(most, flaps(self.covered[began:]))


def measure() -> Iterator[Result]:
    """The worst of all markets; which one it is stands beside."""
    periodic = [_live(*each) for each in _periodic()]
    flapping = max(periodic, key=lambda each: flaps(each.covered))
    dear = max(periodic, key=lambda each: each.surplus)
    yield Result(
        "fallback.flicker_flaps",
        flaps(flapping.covered),
        f"covers raised again in four hours of a flickering market, the worst of {len(periodic)}",
        None,
        {flapping.name: flaps(flapping.covered)},
    )
    everything = [*periodic, *(_live(*_drawn(seed)) for seed in range(DRAWN))]
    yield Result(
        "fallback.flicker_flaps_a_shortage",
        max(each.flaps_a_shortage for each in everything),
        f"covers raised again within one shortage, the worst of {len(everything)} flickering markets",
        "<= 1",
    )
    yield Result(
        "fallback.flicker_surplus_ratio",
        dear.surplus,
        f"of the task-seconds wanted ran beyond them, the dearest of {len(periodic)} flickering markets",
        None,
        {dear.name: dear.surplus},
    )


def _periodic() -> Iterator[tuple[str, list[int]]]:
    for there, gone in itertools.product(THERE, GONE):
        rooms = [0 if minute % (there + gone) < gone else TASKS for minute in range(MINUTES)]
        yield f"with {there} minutes of Spot, {gone} without", rooms


def _drawn(seed: int) -> tuple[str, list[int]]:
    draw = random.Random(seed)
    rooms: list[int] = []
    while len(rooms) < DRAWN_MINUTES:
        rooms += [draw.choice(_ROOMS)] * draw.randint(1, 40)
    return f"drawn, {seed}", rooms[:DRAWN_MINUTES]


def _live(name: str, rooms: Sequence[int]) -> Market:
    cover, shadow = Cover(), Shadow("web-ecs-ops-fallback")
    missing, covered = [], []
    for minute, room in enumerate([*rooms, *[TASKS] * AFTERWARDS]):
        now = 1_772_442_000.0 + 60 * minute
        decided = control(
            primary_of(_service(room), Counted(room), now),
            shadow,
            cover,
            Evidence(spot_at=now) if room < TASKS else Evidence(),
            now,
        )
        cover = decided.cover
        shadow = Shadow(
            shadow.name, "active", f"{_ARN}-ecs-ops-fallback", decided.target, decided.target
        )
        missing.append(TASKS - room)
        covered.append(decided.target)
    return Market(name, tuple(missing), tuple(covered))


def flaps(counts: Sequence[int]) -> int:
    """How often a cover that had been lowered had to be raised again; ``counts`` may stand still."""
    steps = [count for count, _ in itertools.groupby(counts)]
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
