"""What is remembered of a service between two ticks, as it is kept in the table."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import msgspec

PAGES = 4
# Marks what was told of a refused call: that none was made since does not say that it is mended.
REFUSED = "refused:"


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One look a minute, for measuring the processing time."""

    minute: int
    visible: int
    in_flight: int
    slots: int


class QueueState(msgspec.Struct, frozen=True, array_like=True):
    """One queue: the last look, and what was estimated."""

    at: float
    visible: float
    in_flight: float
    delayed: float
    offered: float
    service_s: float
    measured: int = 0
    measure_at: float = 0.0
    samples: tuple[Sample, ...] = ()
    attempts: int = 0


class Change(msgspec.Struct, frozen=True, array_like=True):
    """The last change of the desired count, and its reason."""

    at: float
    before: int
    after: int
    reason: str


class ServiceState(msgspec.Struct, frozen=True, array_like=True):
    """One service. Kept as arrays: the table is paid for by the kilobyte."""

    at: float
    queues: Mapping[str, QueueState] = {}
    since: float = 0.0
    held: float = 0.0
    recent: tuple[tuple[float, int], ...] = ()
    required: int = 0
    running: int = 0
    desired: int = 0
    latency_s: float | None = None
    slo_s: float = 0.0
    change: Change | None = None
    reason: str = ""
    told: str = ""
    managed: str = ""
    managed_at: float = 0.0
    lifted: int = 0
    lifted_at: float = 0.0
    explanation: tuple[str, ...] = ()


Page = dict[str, ServiceState]


def page_of(arn: str, interval_s: int) -> str:
    """The item in which a service is kept: few items, each with many services.

    Those of the 20 s mode are apart, so that the others need not be written as often.
    """
    return f"page#{interval_s}#{zlib.crc32(arn.encode()) % PAGES}"


def pages(intervals: Iterable[int]) -> list[str]:
    """Every item of services with these intervals."""
    return [
        f"page#{interval}#{number}" for interval in sorted(intervals) for number in range(PAGES)
    ]


def encode(page: Page) -> bytes:
    """A page as it is written."""
    return zlib.compress(msgspec.msgpack.encode(page), 6)


def decode(content: bytes) -> Page:
    """A page as it was read; one that another version wrote, and that is not understood, is empty."""
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=Page)
    except (msgspec.DecodeError, zlib.error):
        return {}
