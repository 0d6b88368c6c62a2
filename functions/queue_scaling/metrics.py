"""Which datapoints are published of an assessment, and for which minute."""

from __future__ import annotations

from queue_scaling.actuator import Datapoint
from queue_scaling.assessment import Assessment
from queue_scaling.managed import RATIO


def stamped_at(now: float, interval_s: int) -> float:
    """The period that has just ended, which is what was looked at.

    An alarm looks at periods that are over. A datapoint of the minute that has just begun would be
    seen a minute later, and by then be multiplied with other tasks than those it was computed for:
    in the simulator that cost 2 % of the SLO and a quarter of the tasks.
    """
    return now // interval_s * interval_s - interval_s


def datapoints(assessment: Assessment, age_s: float, now: float) -> list[Datapoint]:
    """The ratio; with ``ecs-ops:scaling-metrics=all`` also what it was made of.

    In direct mode nobody needs a metric to scale, and each costs as much as all requests together.
    """
    config, signal = assessment.config, assessment.signal
    values: dict[str, float] = {}
    if config.mode != "direct" or config.all_metrics:
        values[RATIO] = signal.ratio
    if config.all_metrics:
        works, flows = assessment.works, assessment.flows
        latency_s, _ = assessment.latency
        values |= {
            "RequiredTasks": signal.required,
            "Backlog": sum(work.visible + work.in_flight + work.delayed for work in works),
            "QueueLatency": latency_s,
            "OldestMessageAge": age_s,
            "ArrivalRate": sum(rates.arrivals for rates in flows),
            "CompletionRate": sum(rates.completions for rates in flows),
            "ProcessingTime": max(work.service_s for work in works),
        }
    at = stamped_at(now, config.interval_s)
    resolution = 60 if config.interval_s >= 60 else 1
    return [
        Datapoint(name, config.cluster, config.name, float(value), at, resolution)
        for name, value in values.items()
    ]
