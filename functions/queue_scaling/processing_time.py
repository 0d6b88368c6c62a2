"""Measuring the processing time: how long a message keeps a worker's slot.

Two ways, from what one minute shows. Little's law: in flight over completions a second, whoever works
and however many they are. Saturated throughput: while more waits than workers can hold, all slots are
busy, and slots over completions a second is the time a message really costs, also where workers take
more messages than they work on (prefetch makes Little's answer too long).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST_S, MOST_S = 0.001, 43_200.0  # SQS hides a message for twelve hours at most
# The owner's value is trusted so far: a measured one beyond a fourth or four times of it is held there.
_TRUST = 4.0
# Fewer completions than this say nothing.
_LEAST_COMPLETIONS = 20.0
_LEAST_SATURATED_MINUTES = 3
_PART_MINUTES = 3
# One measurement moves the estimate by so much of the way, and by a factor of two at most.
_WEIGHT, _STEP = 0.5, 2.0
# Without a measurement and without the owner's word: a guess that errs on the side of more tasks.
_GUESS_OF_SLO = 0.1
_LONGEST_GUESS_S = 10.0


@dataclass(frozen=True, slots=True)
class Minute:
    """What a minute showed: at its beginning and end (``visible``), and over it."""

    visible_before: float
    visible_after: float
    in_flight: float
    completed: float
    slots: float

    @property
    def saturated(self) -> bool:
        """More waited all the time than all workers could hold."""
        return self.slots > 0 and min(self.visible_before, self.visible_after) > self.slots


@dataclass(frozen=True, slots=True)
class Estimate:
    """``measured`` counts the measurements that went into it."""

    service_s: float
    measured: int = 0


def first(prior_s: float | None, slo_s: float) -> Estimate:
    """Before anything was measured."""
    if prior_s is not None:
        return Estimate(prior_s)
    return Estimate(min(slo_s * _GUESS_OF_SLO, _LONGEST_GUESS_S))


def measure(minutes: Sequence[Minute]) -> float | None:
    """The processing time that the minutes show; None if they show none.

    The median over parts of the window: a minute with a crash or a purge in it has no say.
    """
    saturated = [minute for minute in minutes if minute.saturated and minute.completed > 0]
    if len(saturated) >= _LEAST_SATURATED_MINUTES:
        found = [60 * minute.slots / minute.completed for minute in saturated]
        return statistics.median(found)
    if math.fsum(minute.completed for minute in minutes) < _LEAST_COMPLETIONS:
        return None
    return _littles(minutes)


def update(estimate: Estimate, measured_s: float | None, prior_s: float | None) -> Estimate:
    """Move towards a measurement, in proportion (the scale of times is logarithmic), and clamp."""
    if measured_s is None or not measured_s > 0:
        return Estimate(_clamped(estimate.service_s, prior_s), estimate.measured)
    weight = 1.0 if estimate.measured == 0 else _WEIGHT
    step = math.log(measured_s / estimate.service_s) * weight
    if estimate.measured:
        step = max(-math.log(_STEP), min(math.log(_STEP), step))
    moved = estimate.service_s * math.exp(step)
    return Estimate(_clamped(moved, prior_s), estimate.measured + 1)


def _littles(minutes: Sequence[Minute]) -> float | None:
    parts = [minutes[at : at + _PART_MINUTES] for at in range(0, len(minutes), _PART_MINUTES)]
    found = [ratio for ratio in map(_ratio, parts) if ratio is not None]
    return statistics.median(found) if found else None


def _ratio(minutes: Iterable[Minute]) -> float | None:
    part = list(minutes)
    completed = math.fsum(minute.completed for minute in part)
    in_flight = math.fsum(minute.in_flight for minute in part)
    return 60 * in_flight / completed if completed > 0 and in_flight > 0 else None


def _clamped(service_s: float, prior_s: float | None) -> float:
    if prior_s is not None:
        service_s = max(prior_s / _TRUST, min(prior_s * _TRUST, service_s))
    return max(LEAST_S, min(MOST_S, service_s))
