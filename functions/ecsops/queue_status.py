"""How the queues of services stand: written by queue scaling, read by the dashboard.

One item of queue scaling's table, under a key of its own, so that no capability needs to know how
another remembers things.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import msgspec

STATUS_KEY = "status"


class QueueStatus(msgspec.Struct, frozen=True, array_like=True):
    """A service with queues: what a message waits that arrives now, and how many tasks are needed."""

    latency_s: float
    slo_s: float
    required: int
    mode: str = "metric"
    problems: int = 0


def encode_status(status: Mapping[str, QueueStatus]) -> bytes:
    """By service ARN, as it is written."""
    return zlib.compress(msgspec.msgpack.encode(status))


def decode_status(content: bytes) -> dict[str, QueueStatus]:
    """As it was read; what another version wrote, and is not understood, is nothing."""
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=dict[str, QueueStatus])
    except (msgspec.DecodeError, zlib.error):
        return {}
