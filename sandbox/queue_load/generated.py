"""Loads by name: what ``ecs-ops gameday queue`` and the benchmark run through."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from sandbox.queue_load import arrivals
from sandbox.queue_load.load import Load, constant, exponential, load_of, lognormal

_HOUR_S, _DAY_S = 3600.0, 86_400.0
# Ten-second bins of the public trace that they stand for: 57 % empty, peak 13 times the mean, variation
# 1.7; service times vary by 2.1. These bursts: 44 %, 14 times, 1.7.
_BURST_S, _QUIET_S, _SPREAD, _LONG_TAIL = 10.0, 18.0, 0.7, 2.1


def diurnal(rng: random.Random) -> Load:
    """A day of a busy site: up to 30 messages a second of 2 s each."""
    day = arrivals.varying(arrivals.diurnal(30.0, rng), _DAY_S, rng)
    return load_of("diurnal", day, exponential(2.0), _DAY_S, rng)


def bursts(rng: random.Random) -> Load:
    """Two hours of bursts of ten seconds, 2 s a message with a long tail."""
    duration_s = 2 * _HOUR_S
    times = arrivals.bursts(
        6.5, duration_s, rng, burst_s=_BURST_S, quiet_s=_QUIET_S, spread=_SPREAD
    )
    return load_of("bursts", times, lognormal(2.0, _LONG_TAIL), duration_s, rng)


def square(rng: random.Random) -> Load:
    """Nothing and ten messages a second by turns, twenty minutes each."""
    duration_s = 4 * _HOUR_S
    times = arrivals.varying(arrivals.square(0.0, 10.0, 1200.0), duration_s, rng)
    return load_of("square", times, exponential(2.0), duration_s, rng)


def ramp(rng: random.Random) -> Load:
    """An hour up to twenty messages a second, and an hour down."""
    duration_s = 2 * _HOUR_S
    times = arrivals.varying(arrivals.ramp(0.0, 20.0, duration_s), duration_s, rng)
    return load_of("ramp", times, exponential(2.0), duration_s, rng)


def poisson(rng: random.Random) -> Load:
    """Long jobs, a minute each, at a steady rate that keeps eighteen slots busy."""
    duration_s = 4 * _HOUR_S
    times = arrivals.poisson(0.3, duration_s, rng)
    return load_of("poisson", times, lognormal(60.0, 1.0), duration_s, rng)


def sparse(rng: random.Random) -> Load:
    """One message every twenty minutes, for six hours."""
    duration_s = 6 * _HOUR_S
    return load_of("sparse", arrivals.sparse(1207.0, duration_s), constant(2.0), duration_s, rng)


LOADS: Mapping[str, Callable[[random.Random], Load]] = {
    each.__name__: each for each in (diurnal, bursts, square, ramp, poisson, sparse)
}
