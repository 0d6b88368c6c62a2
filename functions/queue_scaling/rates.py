"""How fast messages arrive and are worked off, from what a queue holds: messages are conserved.

A message in flight keeps one slot busy. By Little's law the slots that are busy are the completion
rate times the processing time S, whatever S is. So with B = visible + in flight + delayed

    slots that the arrivals keep busy = in flight + S * dB/dt

needs no counter and no call to CloudWatch (a metric read every minute would cost as much as the
metric that is published), and an error in S matters only while the backlog changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from queue_scaling.reading import Reading

# How fast estimates follow. While messages wait, the backlog's change tells the rate well; while
# nothing waits, what is in flight at one moment is a noisy sample of what is in flight on average.
_BUSY_S, _QUIET_S = 90.0, 240.0
# A source that cannot tell what is in flight says nothing of a surplus: it is found by trying.
_PROBE_S = 600.0
# Two looks within this say nothing of a rate.
_LEAST_GAP_S = 4.0


@dataclass(frozen=True, slots=True)
class Flow:
    """``offered`` is the number of slots that arrivals keep busy, smoothed."""

    offered: float
    arrivals: float
    completions: float


@dataclass(frozen=True, slots=True)
class Before:
    """The look before this one."""

    at: float
    visible: float
    in_flight: float
    delayed: float
    offered: float

    @property
    def backlog(self) -> float:
        """Everything that is not done."""
        return self.visible + self.in_flight + self.delayed


def flow(reading: Reading, before: Before | None, service_s: float, slots: int) -> Flow:
    """Estimate the rates; ``slots`` is how many messages the running tasks can hold."""
    if reading.arrival_rate is not None:
        return _told(reading, reading.arrival_rate, before, service_s, slots)
    if reading.in_flight is None:
        return _probed(reading, before, service_s, slots)
    if before is None or reading.at - before.at < _LEAST_GAP_S:
        offered = reading.in_flight if before is None else before.offered
        rate = reading.in_flight / service_s
        return Flow(offered, offered / service_s, rate)
    gap = reading.at - before.at
    busy = (reading.in_flight + before.in_flight) / 2
    backlog = reading.visible + reading.in_flight + reading.delayed
    now = max(0.0, busy + service_s * (backlog - before.backlog) / gap)
    waiting = reading.visible > slots / 2
    offered = _towards(before.offered, now, gap, _BUSY_S if waiting else _QUIET_S)
    return Flow(offered, now / service_s, busy / service_s)


def _told(
    reading: Reading, rate: float, before: Before | None, service_s: float, slots: int
) -> Flow:
    """The source counts arrivals itself."""
    now = rate * service_s
    gap = reading.at - before.at if before else 0.0
    offered = _towards(before.offered, now, gap, _BUSY_S) if before and gap > 0 else now
    return Flow(offered, rate, min(float(slots), now) / service_s)


def _probed(reading: Reading, before: Before | None, service_s: float, slots: int) -> Flow:
    """Only what waits is known: while something waits, all slots are busy."""
    if before is None:
        return Flow(float(slots if reading.visible else 0), 0.0, 0.0)
    gap = max(0.0, reading.at - before.at)
    if reading.visible > 0 and gap >= _LEAST_GAP_S:
        now = max(0.0, slots + service_s * (reading.visible - before.visible) / gap)
        offered = _towards(before.offered, now, gap, _BUSY_S)
        return Flow(offered, now / service_s, slots / service_s)
    offered = before.offered * math.exp(-gap / _PROBE_S)
    return Flow(offered, offered / service_s, offered / service_s)


def _towards(old: float, new: float, gap_s: float, constant_s: float) -> float:
    """Exponential smoothing for looks that are not evenly spaced."""
    return old + (new - old) * (1 - math.exp(-gap_s / constant_s))
