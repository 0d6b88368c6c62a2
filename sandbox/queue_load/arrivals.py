"""Arrival times from generators: smooth, stepped, bursty and sparse loads, the same for the same seed.

Each yields seconds after the start. They are open loops: nobody waits for an answer before sending.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

Rate = Callable[[float], float]

_SLICE_S = 10.0
_DAY_S = 86_400.0


def varying(rate: Rate, duration_s: float, rng: random.Random) -> Iterator[float]:
    """A Poisson process whose rate (messages a second) changes every ten seconds."""
    start = 0.0
    while start < duration_s:
        end, expected = min(start + _SLICE_S, duration_s), rate(start)
        at = start
        while expected > 0 and (at := at + rng.expovariate(expected)) < end:
            yield at
        start = end


def poisson(rate: float, duration_s: float, rng: random.Random) -> Iterator[float]:
    """The same mean rate all the time."""
    return varying(lambda _at: rate, duration_s, rng)


def square(low: float, high: float, half_s: float) -> Rate:
    """``low`` and ``high`` by turns, ``half_s`` each."""
    return lambda at: high if int(at // half_s) % 2 else low


def ramp(low: float, high: float, duration_s: float) -> Rate:
    """Up in a straight line, and down again."""
    return lambda at: low + (high - low) * (1 - abs(2 * at / duration_s - 1))


def diurnal(peak: float, rng: random.Random) -> Rate:
    """A day: a quiet night, a rise, an evening with two sharp peaks, and every minute a little off.

    Its peak over its mean (about 3.5) and its variation are those of a busy public web site.
    """
    wobble = [rng.lognormvariate(0, 0.08) for _ in range(1440)]

    def rate(at: float) -> float:
        hour = at / 3600 % 24
        day = 0.10 + 0.20 * max(0.0, math.sin((hour - 6) / 12 * math.pi))
        peaks = 0.45 * _bump(hour, 15.8, 0.9) + 0.72 * _bump(hour, 20.0, 0.8)
        return peak * min(1.0, (day + peaks) * wobble[int(at // 60) % 1440])

    return rate


def _bump(hour: float, middle: float, width: float) -> float:
    return math.exp(-(((hour - middle) / width) ** 2))


def bursts(
    rate: float,
    duration_s: float,
    rng: random.Random,
    *,
    burst_s: float,
    quiet_s: float,
    spread: float,
) -> Iterator[float]:
    """A Markov-modulated Poisson process: silence and bursts by turns, each burst of its own height.

    ``rate`` is the mean rate of the bursts, ``spread`` the variation of their heights.
    """
    sigma = math.sqrt(math.log(1 + spread**2))
    at = rng.expovariate(1 / quiet_s)
    while at < duration_s:
        end = at + rng.expovariate(1 / burst_s)
        height = rate * rng.lognormvariate(-(sigma**2) / 2, sigma)
        while (at := at + rng.expovariate(height)) < min(end, duration_s):
            yield at
        at = end + rng.expovariate(1 / quiet_s)


def sparse(every_s: float, duration_s: float) -> Iterator[float]:
    """One message, then nothing for long."""
    at = every_s
    while at < duration_s:
        yield at
        at += every_s


def batches(size: int, every_s: float, duration_s: float, rng: random.Random) -> Iterator[float]:
    """A batch at once, then nothing for long."""
    for at in sparse(every_s, duration_s):
        yield from (at + rng.uniform(0, 2) for _ in range(size))
