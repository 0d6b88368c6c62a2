"""Queue scaling when something is wrong: the estimate of the processing time, or what the queue says.

``scaling.robust.TRACE.MODE.SPOILT.FIGURE``. The rival that comes closest otherwise reads the same
attributes; it knows the processing time whatever our tag says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from benchmarks.results import Result
from benchmarks.rivals.scaling import RIVALS
from benchmarks.scaling import rounded_down
from benchmarks.scaling_traces import Case, cases
from sandbox.queue_load.ours import managed_or_direct
from sandbox.queue_load.score import Score
from sandbox.queue_load.world import World

# Target tracking on a load of bursts is late with everything right.
_MODES = {
    "ramp": ("managed_60s", "direct_20s"),
    "bursts": ("direct_20s",),
    "llm": ("direct_20s",),
}
_RIVAL, _WITHIN = "keda_half", 99.0
_TIME, _WINDOW = "ecs-ops:processing-time", "ecs-ops:scale-in-window"
_LATE = {"stale_s": 30.0}
# A task starts in 45 s: with a look every 20 s at what was so 30 s ago, a burst that finds no task to
# spare is later than its 60 s, whoever scales. What is left of it is told, without a goal.
_BURSTY = ("bursts", "llm")
# What is spoilt of the world, and what the tags say.
SPOILT: Mapping[str, tuple[Mapping[str, Any], dict[str, str]]] = {
    "half_the_time": ({}, {_TIME: "1s"}),
    "twice_the_time": ({}, {_TIME: "4s"}),
    "noise_20_pct": ({"noise": 0.2}, {}),
    "stale_30s": (_LATE, {}),
    "stale_30s_window_5m": (_LATE, {_WINDOW: "5m"}),
}


def measure() -> Iterator[Result]:
    """Every trace in its modes, spoilt in every way."""
    for case in cases():
        for mode in _MODES.get(case.load.name, ()):
            for spoilt, (world, tags) in SPOILT.items():
                spoiled = replace(case, setting=replace(case.setting, **world))
                if _WINDOW in tags and mode == "managed_60s":
                    continue  # target tracking has a window of its own
                name = f"scaling.robust.{case.load.name}.{mode}.{spoilt}"
                goal = None if world is _LATE and case.load.name in _BURSTY else f">= {_WITHIN:g}"
                yield from _results(name, goal, _ours(spoiled, mode, tags), _rival(spoiled))


def _results(name: str, goal: str | None, score: Score, rival: Score) -> Iterator[Result]:
    yield Result(
        f"{name}.within_slo_pct",
        rounded_down(score.within_slo_pct),
        "% of messages",
        goal,
        {_RIVAL: rounded_down(rival.within_slo_pct)},
    )
    yield Result(
        f"{name}.task_hours_over_ideal",
        score.task_hours_over_ideal,
        "x the work itself",
        None,
        {_RIVAL: rival.task_hours_over_ideal},
    )


def _ours(case: Case, mode: str, tags: dict[str, str]) -> Score:
    world = World(case.load, case.setting)
    managed_or_direct(world, mode, tags)
    return world.run()


def _rival(case: Case) -> Score:
    world = World(case.load, case.setting)
    RIVALS[_RIVAL](world)
    return world.run()
