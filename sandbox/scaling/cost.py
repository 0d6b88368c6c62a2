"""What queue scaling costs a month: counted in requests, times unit prices (functions/ecsops/prices.json).

Counted is what the toolkit adds; tasks, queues and their messages are the user's own either way. Two
figures are estimates: how long a tick runs, and how large a service's state is (docs/cost.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecsops.prices import AS_OF, REGION, price
from queue_scaling.state import PAGES

SERVICES = (1, 10, 50, 200, 1000)
_HOURS = 730
_MEMORY_GB = 0.5
# Dead letters, errors, throttles, silence, services that cannot be read.
_ALARMS = 5
# Lambda polls a quiet queue with five long polls of 20 s side by side (assumed, docs/cost.md).
_POLLS = 5 * 3 * 60 * _HOURS
# 1,100 calls of 30 ms in 32 connections, and 0.6 ms of work a service on a third of a processor.
_TICK_S, _TICK_S_PER_SERVICE = 0.25, 0.003
_PAGE_BYTES, _BYTES_PER_SERVICE = 400, 200
_WRITE_UNIT, _READ_UNIT = 1024, 4096
# The processing time is measured every quarter of an hour, while something is in flight.
_MEASURED_A_MONTH = 4 * _HOURS


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill, for all services together."""

    what: str
    dollars: float


def service_month(services: int, interval_s: int = 60) -> float:
    """Dollars for one service and month, if so many share the function."""
    return math.fsum(item.dollars for item in bill(services, interval_s)) / services


def text(table: Mapping[int, Mapping[str, float]]) -> str:
    """The table for people, with what stands behind it."""
    lines = [
        f"dollars for one service and month: list prices of {REGION}, {AS_OF}, before any free tier",
        f"{'services':>9}{'60 s, target tracking':>24}{'20 s, direct':>16}",
    ]
    lines += [f"{number:>9}{row['60s']:>24.2f}{row['20s']:>16.2f}" for number, row in table.items()]
    lines.append("what it is made of, for 50 services in 60 s mode, dollars a month:")
    lines += [f"  {item.dollars:>8.2f}  {item.what}" for item in bill(50)]
    return "\n".join(lines)


def bill(services: int, interval_s: int = 60) -> list[Item]:
    """A month's bill. In 60 s mode target tracking scales; in 20 s mode the function does."""
    ticks = 3600 / interval_s * _HOURS
    return [
        *_own(services, ticks, managed=interval_s >= 60),
        *_shared(services, ticks),
    ]


def _own(services: int, ticks: float, *, managed: bool) -> Iterator[Item]:
    """What every service adds."""
    if managed:
        yield Item("metric RequiredRatio", services * price("cloudwatch.metric_month"))
        yield Item("the two alarms of target tracking", services * 2 * _alarm())
    yield Item("reading queues", services * ticks * price("sqs.request"))
    measured = services * _MEASURED_A_MONTH * price("cloudwatch.metric_read")
    yield Item("measuring processing times", measured)


def _shared(services: int, ticks: float) -> Iterator[Item]:
    """What is paid once, and grows slowly."""
    seconds = _TICK_S + _TICK_S_PER_SERVICE * services
    run = price("lambda.request") + seconds * _MEMORY_GB * price("lambda.gb_second.arm64")
    yield Item("runs of the function", ticks * run)
    yield Item("their traces", ticks * price("xray.trace"))
    yield Item("the tick's messages, sent, received, deleted", ticks * 3 * price("sqs.request"))
    yield Item("polls of the quiet queue", _POLLS * price("sqs.request"))
    requests = math.ceil(services / 1000)
    yield Item("PutMetricData", ticks * requests * price("cloudwatch.request"))
    yield Item("the table", ticks * _table(services))
    yield Item("alarms on the function itself", _ALARMS * _alarm())


def _table(services: int) -> float:
    """Reads of all pages, also of those that are not there, and writes of those that are, and the status."""
    pages = min(PAGES, services)
    size = _PAGE_BYTES + _BYTES_PER_SERVICE * services / pages
    reads = pages * math.ceil(size / _READ_UNIT) + (2 * PAGES - pages)
    status = math.ceil(_BYTES_PER_SERVICE * services / 4 / _WRITE_UNIT)
    writes = pages * math.ceil(size / _WRITE_UNIT) + status
    return reads * price("dynamodb.read_unit") + writes * price("dynamodb.write_unit")


def _alarm() -> float:
    return price("cloudwatch.alarm_month")
