"""One service at one moment: what was read becomes estimates, a signal, and what is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from queue_scaling.configuration import Queue, ServiceConfig
from queue_scaling.processing_time import Estimate, Minute, first, measure, update
from queue_scaling.rates import Before, Flow, flow
from queue_scaling.reading import Reading, Tasks
from queue_scaling.signal import PROMPT, SLOW, Limits, Pace, Signal, Work, required
from queue_scaling.state import QueueState, Sample, ServiceState

_MINUTE_S = 60
# How often the processing time is measured: soon while little is known, then to save requests.
_MEASURE_SOON_S, _MEASURE_LATER_S, _SOON_TIMES = 120.0, 900.0, 3
_KEPT_MINUTES = 20
# A FIFO queue that leaves so much of the workers idle while messages wait has no more groups.
_IDLE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Observed:
    """What was read for a service. ``completed`` are deleted messages by minute, where measured now."""

    tasks: Tasks
    readings: Mapping[str, Reading]
    completed: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a service needs, from which inputs, and its queues' new state."""

    config: ServiceConfig
    observed: Observed
    works: tuple[Work, ...]
    flows: tuple[Flow, ...]
    signal: Signal
    queues: Mapping[str, QueueState]

    @property
    def latency(self) -> tuple[float, float]:
        """What a message waits that arrives now, and its SLO, for the queue that is worst off."""
        tasks, config = self.observed.tasks, self.config
        slots = tasks.running * config.concurrency
        waits = []
        for work in self.works:
            if not work.visible:
                seconds = 0.0
            elif slots:
                seconds = work.visible * work.service_s / slots
            else:
                seconds = config.startup_s
            waits.append((seconds, work.slo_s))
        return max(waits, key=lambda wait: wait[0] / wait[1], default=(0.0, 0.0))


def assess(config: ServiceConfig, observed: Observed, state: ServiceState | None) -> Assessment:
    """Estimate, and compute the signal."""
    known = state.queues if state else {}
    works, flows, queues = [], [], {}
    for queue in config.queues:
        name = queue.reference.text
        work, rates, remembered = _queue(config, queue, observed, known.get(name))
        works.append(work)
        flows.append(rates)
        queues[name] = remembered
    signal = required(works, observed.tasks, _limits(config))
    return Assessment(config, observed, tuple(works), tuple(flows), signal, queues)


def _limits(config: ServiceConfig) -> Limits:
    return Limits(
        config.concurrency, config.minimum, config.maximum, config.protects_work, pace_of(config)
    )


def pace_of(config: ServiceConfig) -> Pace:
    """How soon the service's count follows."""
    return PROMPT if config.prompt else SLOW


def measure_due(queue: Queue, state: ServiceState | None, now: float) -> bool:
    """Whether the processing time is to be measured now."""
    known = state.queues.get(queue.reference.text) if state else None
    if queue.reference.kind != "sqs" or known is None or now < known.measure_at:
        return False
    # Where nothing was in flight there is nothing to measure, and nothing to pay for.
    return any(sample.in_flight for sample in known.samples)


def _queue(
    config: ServiceConfig, queue: Queue, observed: Observed, known: QueueState | None
) -> tuple[Work, Flow, QueueState]:
    name = queue.reference.text
    reading = observed.readings[name]
    slots = observed.tasks.running * config.concurrency
    estimate = _estimate(queue, known, observed.completed.get(name))
    rates = flow(reading, _before(known), estimate.service_s, slots)
    work = Work(
        name=name,
        slo_s=queue.slo_s,
        service_s=estimate.service_s,
        offered=rates.offered,
        visible=reading.visible,
        in_flight=reading.in_flight or 0.0,
        delayed=reading.delayed,
        delay_s=reading.delay_s,
        parallel=_parallel(config, queue, reading, known, slots),
    )
    remembered = _remembered(known, reading, rates, estimate, slots)
    if known is None:
        remembered = replace(remembered, measure_at=reading.at + _MEASURE_SOON_S)
    elif name in observed.completed:
        attempts = known.attempts + 1
        wait = _MEASURE_SOON_S if attempts < _SOON_TIMES else _MEASURE_LATER_S
        remembered = replace(remembered, attempts=attempts, measure_at=reading.at + wait)
    return work, rates, remembered


def _estimate(
    queue: Queue, known: QueueState | None, completed: Mapping[int, float] | None
) -> Estimate:
    if known is None:
        return first(queue.prior_s, queue.slo_s)
    estimate = Estimate(known.service_s, known.measured)
    measured = measure(_minutes(known.samples, completed)) if completed else None
    return update(estimate, measured, queue.prior_s)


def _minutes(samples: Sequence[Sample], completed: Mapping[int, float]) -> list[Minute]:
    """Our looks and CloudWatch's counts, minute by minute, where both are there."""
    looks = {sample.minute: sample for sample in samples}
    found = []
    for minute, count in sorted(completed.items()):
        begin, end = looks.get(minute), looks.get(minute + 1)
        if begin is not None and end is not None:
            found.append(
                Minute(
                    visible_before=begin.visible,
                    visible_after=end.visible,
                    in_flight=(begin.in_flight + end.in_flight) / 2,
                    completed=count,
                    slots=(begin.slots + end.slots) / 2,
                )
            )
    return found


def _before(known: QueueState | None) -> Before | None:
    if known is None:
        return None
    return Before(known.at, known.visible, known.in_flight, known.delayed, known.offered)


def _parallel(
    config: ServiceConfig, queue: Queue, reading: Reading, known: QueueState | None, slots: int
) -> int | None:
    """How many messages can be worked on at a time: told by the source, by a tag, or seen.

    While messages of a FIFO queue wait and workers are idle all the same, as many groups as are in
    flight is all there is; one more is tried.
    """
    if reading.parallel is not None or not queue.reference.fifo:
        return reading.parallel
    if config.fifo_groups is not None:
        return config.fifo_groups
    in_flight = reading.in_flight or 0.0
    if known is None or not known.visible or not reading.visible or not in_flight:
        return None
    most = max(in_flight, known.in_flight)
    return int(most) + 1 if most < slots * _IDLE_SHARE else None


def _remembered(
    known: QueueState | None, reading: Reading, rates: Flow, estimate: Estimate, slots: int
) -> QueueState:
    samples = known.samples if known else ()
    minute = int(reading.at // _MINUTE_S)
    if not samples or samples[-1].minute < minute:
        look = Sample(minute, int(reading.visible), int(reading.in_flight or 0), slots)
        samples = (*samples[1 - _KEPT_MINUTES :], look)
    return QueueState(
        at=reading.at,
        visible=reading.visible,
        in_flight=reading.in_flight or 0.0,
        delayed=reading.delayed,
        offered=rates.offered,
        service_s=estimate.service_s,
        measured=estimate.measured,
        measure_at=known.measure_at if known else 0.0,
        samples=samples,
        attempts=known.attempts if known else 0,
    )
