"""A load: when messages arrive, and how long each one keeps a worker busy."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ServiceTime = Callable[[random.Random], float]


@dataclass(frozen=True, slots=True)
class Load:
    """``arrivals`` in seconds after the start, ascending; ``work`` in seconds, one for each of them."""

    name: str
    arrivals: Sequence[float]
    work: Sequence[float]
    duration_s: float

    @property
    def work_s(self) -> float:
        """The work in it: what a clairvoyant would pay for."""
        return math.fsum(self.work)

    @property
    def mean_work_s(self) -> float:
        """The mean processing time; 0 without messages."""
        return self.work_s / len(self.work) if self.work else 0.0


def load_of(
    name: str,
    arrivals: Iterable[float],
    service_time: ServiceTime,
    duration_s: float,
    rng: random.Random,
) -> Load:
    """Give every arrival a processing time."""
    times = array("d", sorted(arrivals))
    return Load(name, times, array("d", (service_time(rng) for _ in times)), duration_s)


def constant(seconds: float) -> ServiceTime:
    """Every message takes the same."""
    return lambda _rng: seconds


def exponential(mean_s: float) -> ServiceTime:
    """Without memory: the textbook's worker."""
    return lambda rng: rng.expovariate(1 / mean_s)


def lognormal(mean_s: float, variation: float) -> ServiceTime:
    """A long tail; ``variation`` is the standard deviation over the mean."""
    sigma = math.sqrt(math.log(1 + variation**2))
    mu = math.log(mean_s) - sigma**2 / 2
    return lambda rng: rng.lognormvariate(mu, sigma)
