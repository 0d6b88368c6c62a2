"""A load runs against the shipped queue scaling, and everything that the page draws is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.queue_load.load import Load
from sandbox.queue_load.ours import managed_or_direct
from sandbox.queue_load.score import Score, waits
from sandbox.queue_load.world import START, Setting, World

# The page is about so many points wide; more would be drawn over each other.
_POINTS = 240
_LEAST_S = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The service at one moment, ``at`` seconds after the start."""

    at: float
    running: int
    desired: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Messages that arrived in a part of the load: how many, and the longest wait of any of them."""

    at: float
    messages: int
    longest_wait_s: float


@dataclass(frozen=True, slots=True)
class Played:
    """One mode's run."""

    mode: str
    samples: Sequence[Sample]
    slices: Sequence[Slice]
    score: Score


@dataclass(frozen=True, slots=True)
class GameDay:
    """One load, and each mode's run on it."""

    load: Load
    setting: Setting
    slice_s: float
    runs: Sequence[Played]


def play(
    load: Load, setting: Setting, modes: Sequence[str], tags: Mapping[str, str] | None = None
) -> GameDay:
    """Let the load pass once for each mode."""
    slice_s = max(_LEAST_S, load.duration_s / _POINTS)
    return GameDay(
        load, setting, slice_s, [_played(load, setting, mode, tags, slice_s) for mode in modes]
    )


def _played(
    load: Load, setting: Setting, mode: str, tags: Mapping[str, str] | None, slice_s: float
) -> Played:
    world = World(load, setting)
    managed_or_direct(world, mode, tags)
    samples: list[Sample] = []

    def look() -> None:
        service, at = world.service, world.clock.now() - START
        if at <= load.duration_s:
            samples.append(Sample(at, len(service.running), service.desired))

    world.every(slice_s, look, first=0.0)
    score = world.run()
    waited = waits(load.arrivals, world.queue.started, world.clock.now() - START)
    return Played(mode, samples, _slices(load, waited, slice_s), score)


def _slices(load: Load, waited: Sequence[float], slice_s: float) -> list[Slice]:
    number = max(1, math.ceil(load.duration_s / slice_s))
    counts, longest = [0] * number, [0.0] * number
    for arrived, wait in zip(load.arrivals, waited, strict=True):
        at = min(int(arrived / slice_s), number - 1)
        counts[at] += 1
        longest[at] = max(longest[at], wait)
    return [Slice(at * slice_s, counts[at], longest[at]) for at in range(number)]
