"""Why the count is what it is: the inputs, the formula with numbers in it, every limit."""

from __future__ import annotations

from queue_scaling.assessment import Assessment, pace_of
from queue_scaling.configuration import Queue
from queue_scaling.rates import Flow
from queue_scaling.signal import Work
from queue_scaling.state import QueueState


def explanation(assessment: Assessment) -> tuple[str, ...]:
    """A few lines, top down: what is there, what it takes, what bounds it."""
    config, signal, tasks = assessment.config, assessment.signal, assessment.observed.tasks
    pace = pace_of(config)
    lines = [
        line
        for queue, work, rates in zip(
            config.queues, assessment.works, assessment.flows, strict=True
        )
        for line in _queue(queue, work, rates, assessment.queues[work.name], pace.drain_share)
    ]
    lines.append(
        f"steady: {signal.offered:.2f} busy slots / {pace.utilisation} -> {signal.steady:.2f} slots "
        "(with Erlang C: one message in a hundred may wait longer than the SLO)"
    )
    lines.append(
        f"tasks: ceil(({signal.steady:.2f} steady + {signal.drain:.2f} drain) / "
        f"{config.concurrency} a task) -> {signal.required} required"
    )
    lines += [f"limit: {text}" for text in signal.applied]
    lines.append(
        f"ratio: {signal.ratio:.0f} ({signal.required} required, {tasks.running} running, "
        f"{tasks.desired} desired, {tasks.pending} pending)"
    )
    return tuple(lines)


def one_line(assessment: Assessment) -> str:
    """The same for a log line or an event."""
    signal = assessment.signal
    there = ", ".join(
        f"{work.name}: {work.visible:.0f} waiting, {work.in_flight:.0f} in flight, "
        f"{rates.arrivals:.2g}/s arriving, {work.service_s:.3g} s each, SLO {work.slo_s:g} s"
        for work, rates in zip(assessment.works, assessment.flows, strict=True)
    )
    limits = f"; {'; '.join(signal.applied)}" if signal.applied else ""
    return f"{there}: {signal.steady:.1f} slots steady + {signal.drain:.1f} to drain{limits}"


def _queue(queue: Queue, work: Work, rates: Flow, state: QueueState, share: float) -> list[str]:
    waits = f"{work.visible:.0f} waiting, {work.in_flight:.0f} in flight"
    if work.delayed:
        waits += f", {work.delayed:.0f} delayed"
    return [
        f"{work.name}: {waits}; {rates.arrivals:.3g}/s arriving, {rates.completions:.3g}/s done",
        f"{work.name}: processing time {work.service_s:.3g} s ({_source(queue, state)})",
        f"{work.name}: {_drain(work, share)}",
    ]


def _drain(work: Work, share: float) -> str:
    formula = f"{work.visible:.0f} x {work.service_s:.3g} s / ({work.slo_s:g} s SLO x {share:g})"
    return f"drain {formula} -> {work.drain(share):.2f} slots"


def _source(queue: Queue, state: QueueState) -> str:
    prior = f", the tag says {queue.prior_s:g} s" if queue.prior_s is not None else ""
    if state.measured:
        return f"measured {state.measured} times{prior}"
    return "as the tag says, not measured yet" if prior else "a guess, not measured yet"
