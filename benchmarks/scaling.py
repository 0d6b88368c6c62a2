"""Queue scaling: ours, through the shipped function, against how others scale, on the same loads.

Everything runs in virtual time in one process, with fixed seeds: the figures are the same on every
machine. Results are named ``scaling.TRACE.CONTROLLER.FIGURE``; the rivals stand in the same row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from benchmarks.results import Result
from benchmarks.rivals.scaling import RIVALS, Controller
from benchmarks.scaling_traces import Case, cases
from sandbox.queue_load.load import Load
from sandbox.queue_load.ours import MODES, managed_or_direct
from sandbox.queue_load.score import Score
from sandbox.queue_load.world import START, Setting, World

# A clairvoyant is a bound and no rival, whatever it costs.
_BOUND = "clairvoyant"
_PROTECTED = "protected_20s"
_WITHIN, _GOOD_ENOUGH = 99.0, 98.0
_PHASES_S = range(0, 60, 5)
_FIRST_AT_S, _WATCHED_S = 900.0, 3600.0

_FIGURES: Mapping[str, tuple[str, Callable[[Score], float]]] = {
    "within_slo_pct": ("% of messages", lambda score: rounded_down(score.within_slo_pct)),
    "p99_wait_s": ("s", lambda score: score.p99_wait_s),
    "task_hours_over_ideal": ("x the work itself", lambda score: score.task_hours_over_ideal),
    "actions": ("changes of the desired count", lambda score: score.actions),
    "jobs_killed": ("jobs killed by scale-in", lambda score: score.jobs_killed),
}


def measure() -> Iterator[Result]:
    """All figures of this group."""
    for case in cases():
        scores = {name: _score(case, ours(name)) for name in MODES}
        if case.goals == "long jobs":
            scores[_PROTECTED] = _protected(case)
        rivals = {name: _score(case, controller) for name, controller in RIVALS.items()}
        for name, score in scores.items():
            yield from _results(case, name, score, rivals)
    yield from _from_zero()


def ours(mode: str) -> Controller:
    """The shipped function, in one of its modes."""

    def control(world: World) -> None:
        managed_or_direct(world, mode)

    return control


def rounded_down(percent: float) -> float:
    """To a tenth: 99.46 is not 99.5, and one late message in a day is not none."""
    return math.floor(percent * 10) / 10


def _score(case: Case, controller: Controller) -> Score:
    world = World(case.load, case.setting)
    controller(world)
    return world.run()


def _protected(case: Case) -> Score:
    """With workers that ask ECS not to be stopped while they are at work."""
    world = World(case.load, replace(case.setting, protects_work=True))
    managed_or_direct(world, "direct_20s", {"ecs-ops:task-protection": "on"})
    return world.run()


def _results(case: Case, name: str, score: Score, rivals: Mapping[str, Score]) -> Iterator[Result]:
    goals = goals_of(case.goals, name, rivals)
    for figure, (unit, value) in _FIGURES.items():
        yield Result(
            f"scaling.{case.load.name}.{name}.{figure}",
            value(score),
            unit,
            goals.get(figure),
            {rival: value(each) for rival, each in rivals.items()},
        )


def goals_of(kind: str, name: str, rivals: Mapping[str, Score]) -> dict[str, str]:
    """A smooth day in the 60 s mode; bursts in the 20 s mode, cheaper than whoever is good enough."""
    if (kind, name) == ("smooth", "managed_60s"):
        return {"within_slo_pct": ">= 99.5", "task_hours_over_ideal": "<= 1.35"}
    if name == _PROTECTED:
        return {"jobs_killed": "== 0"}
    if (kind, name) != ("bursty", "direct_20s"):
        return {}
    costs = [
        score.task_hours_over_ideal
        for rival, score in rivals.items()
        if rival != _BOUND and score.within_slo_pct >= _GOOD_ENOUGH
    ]
    goals = {"within_slo_pct": f">= {_WITHIN:g}"}
    if costs:
        goals["task_hours_over_ideal"] = f"<= {min(costs):.3g}"
    return goals


def _from_zero() -> Iterator[Result]:
    """One message and no task, whenever in the minute it comes: the longest wait counts."""
    startup_s = Setting().times.startup_s
    limits = {"managed_60s": startup_s + 75, "direct_20s": startup_s + 30}
    rivals = {name: _longest_wait(rival) for name, rival in RIVALS.items() if name != _BOUND}
    for name, limit in limits.items():
        wait = _longest_wait(ours(name))
        yield Result(f"scaling.from_zero.{name}.wait_s", wait, "s", f"<= {limit:g}", rivals)


def _longest_wait(controller: Controller) -> float:
    setting = Setting(minimum=0, first=0)
    setting = replace(setting, times=replace(setting.times, jitter=0.0))
    waited = []
    for phase in _PHASES_S:
        load = Load("one", [_FIRST_AT_S + phase], [2.0], _FIRST_AT_S)
        world = World(load, replace(setting, seed=phase + 1))
        controller(world)
        world.clock.run_until(START + _FIRST_AT_S + phase + _WATCHED_S)
        waited.append(world.score().longest_wait_s)
    return max(waited)
