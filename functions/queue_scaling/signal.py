"""The signal: how many tasks a service needs now, and the ratio that target tracking follows.

    steady   slots for what arrives: offered / utilisation, and enough that one message in a hundred
             waits longer than the SLO at most (Erlang C)
    drain    slots for what waits: visible * S / (SLO * share), but never more than messages are there
    tasks    ceil((steady + drain) / concurrency), within the service's limits
    ratio    100 * tasks / running: target tracking with target 100 lands on ``tasks`` from wherever
             it starts, because it sets the capacity to running * ratio / 100

Backlog per task, the usual signal, is zero whatever the surplus, and says nothing of how much is
needed while a backlog grows: docs/queue-scaling.md has the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from queue_scaling.reading import Tasks
from queue_scaling.waiting import slots_for

# Less than this many busy slots, and nothing there: nobody is needed.
_NOBODY = 0.05
_ROUNDING_ERROR = 1e-9


@dataclass(frozen=True, slots=True)
class Work:
    """What one queue asks for. ``offered`` is in busy slots, ``service_s`` in seconds a message."""

    name: str
    slo_s: float
    service_s: float
    offered: float
    visible: float
    in_flight: float
    delayed: float = 0.0
    delay_s: float = 0.0
    parallel: int | None = None

    @property
    def upcoming(self) -> float:
        """Slots for delayed messages: they become visible over the queue's delay."""
        return self.delayed * self.service_s / max(self.delay_s, self.slo_s)

    def drain(self, share: float) -> float:
        """Slots that work off what waits in this part of the SLO."""
        return min(self.visible * self.service_s / (self.slo_s * share), self.visible)

    @property
    def idle(self) -> bool:
        """Nothing is there, and hardly anything comes."""
        return self.offered < _NOBODY and not (self.visible or self.in_flight or self.delayed)


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon the count follows what is required.

    A backlog is to be gone in ``drain_share`` of the SLO, and workers may be busy for ``utilisation``
    of the time: what is left covers the time until more have started.
    """

    drain_share: float
    utilisation: float


# When we set the count ourselves, half of the SLO is gone until new tasks take over, and the next look
# is 20 s away. Target tracking takes minutes: what waited is late by then whatever is asked for, asking
# for twice as much only costs, and a load that rises needs the tenth (docs/decisions/0008-required-ratio.md).
PROMPT, SLOW = Pace(0.5, 1.0), Pace(1.0, 0.9)


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the number of tasks."""

    concurrency: int = 1
    minimum: int = 0
    maximum: int | None = None
    protects_work: bool = False
    pace: Pace = PROMPT


@dataclass(frozen=True, slots=True)
class Signal:
    """The result, with the terms that it was made of, and every limit that changed it."""

    required: int
    ratio: float
    steady: float
    drain: float
    offered: float
    applied: tuple[str, ...] = ()


def required(works: Iterable[Work], tasks: Tasks, limits: Limits) -> Signal:
    """How many tasks are needed. Queues add up as work, each by its own SLO."""
    busy = [work for work in works if not work.idle]
    offered = math.fsum(work.offered + work.upcoming for work in busy)
    steady = _steady(busy, offered, limits.pace.utilisation)
    drain = math.fsum(work.drain(limits.pace.drain_share) for work in busy)
    needed = math.ceil((steady + drain) / limits.concurrency - _ROUNDING_ERROR)
    if busy:
        needed = max(needed, 1)
    applied: list[str] = []
    needed = _capped_by_order(needed, busy, limits, applied)
    needed = _kept_up(needed, busy, tasks, limits, applied)
    needed = _bounded(needed, limits, applied)
    return Signal(needed, ratio(needed, tasks.running), steady, drain, offered, tuple(applied))


def ratio(needed: int, running: int) -> float:
    """The metric: 100 when there is what is needed.

    Without a task there is nothing to divide by; an alarm compares with ``>``, so that one needed
    task must give more than 100.
    """
    if running:
        return 100.0 * needed / running
    return 100.0 * needed + 100.0 if needed else 0.0


def _steady(busy: list[Work], offered: float, utilisation: float) -> float:
    if offered <= 0:
        return 0.0
    weights = [max(work.offered, _ROUNDING_ERROR) for work in busy]
    total = math.fsum(weights)
    service_s = math.fsum(
        work.service_s * weight / total for work, weight in zip(busy, weights, strict=True)
    )
    slo_s = min(work.slo_s for work in busy)
    return max(offered / utilisation, float(slots_for(offered, service_s, slo_s)))


def _capped_by_order(needed: int, busy: list[Work], limits: Limits, applied: list[str]) -> int:
    """A message group, like a shard, is worked off one after another: more workers would idle."""
    if not busy or any(work.parallel is None for work in busy):
        return needed
    parallel = sum(work.parallel or 0 for work in busy)
    cap = max(1, math.ceil(parallel / limits.concurrency))
    if needed <= cap:
        return needed
    applied.append(f"{needed} capped to {cap}: only {parallel} can be worked on at a time")
    return cap


def _kept_up(
    needed: int, busy: list[Work], tasks: Tasks, limits: Limits, applied: list[str]
) -> int:
    in_flight = math.fsum(work.in_flight for work in busy)
    floor = min(math.ceil(in_flight / limits.concurrency), tasks.desired)
    if needed < floor and not limits.protects_work:
        applied.append(
            f"{needed} raised to {floor}: {in_flight:.0f} in flight, and no task protection"
        )
        needed = floor
    if tasks.deploying and needed < tasks.desired:
        applied.append(f"{needed} raised to {tasks.desired}: no scale-in during a deployment")
        needed = tasks.desired
    return needed


def _bounded(needed: int, limits: Limits, applied: list[str]) -> int:
    if needed < limits.minimum:
        applied.append(f"{needed} raised to the minimum of {limits.minimum}")
        return limits.minimum
    if limits.maximum is not None and needed > limits.maximum:
        applied.append(f"{needed} capped to the maximum of {limits.maximum}")
        return limits.maximum
    return needed
