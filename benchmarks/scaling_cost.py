"""What queue scaling costs a service and month, from list prices: reckoned, not measured.

The others' costs are those of their parts at the same prices; what they lack is not counted for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Result
from ecsops.prices import price
from sandbox.scaling.cost import SERVICES, service_month

_GOALS = {50: "<= 0.6"}
_TICKS_A_MONTH = 60 * 730


def measure() -> Iterator[Result]:
    """For each number of services that share the function."""
    rivals = {"metric math": _metric_math(), "a function for each service": _copilot()}
    for number in SERVICES:
        costs = {"direct_20s": service_month(number, 20)} | rivals
        yield Result(
            f"scaling.cost.{number}",
            service_month(number),
            "dollars a service and month, 60 s",
            _GOALS.get(number),
            costs,
        )


def _metric_math() -> float:
    """Two alarms on an expression of two metrics: an alarm is paid for by the metrics it looks at."""
    return 2 * 2 * price("cloudwatch.alarm_month")


def _copilot() -> float:
    """A metric, two alarms, and a function of 512 MB each minute, about a fifth of a second long."""
    run = price("lambda.request") + 0.2 * 0.5 * price("lambda.gb_second.arm64")
    reading = _TICKS_A_MONTH * (run + 2 * price("sqs.request"))
    return price("cloudwatch.metric_month") + 2 * price("cloudwatch.alarm_month") + reading
