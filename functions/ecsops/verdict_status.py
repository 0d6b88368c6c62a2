"""What the deployment guard makes of a service's latest deployment: read by the dashboard.

An attribute of the item in which the guard keeps the service's ledger, so that it costs no write of
its own and no capability needs to know how another remembers things.
"""

from __future__ import annotations

import msgspec

ATTRIBUTE = "verdict"


class VerdictStatus(msgspec.Struct, frozen=True, array_like=True):
    """``version`` is what was deployed, ``outcome`` since ``at`` what came of it, ``cause`` why."""

    version: str
    outcome: str
    at: float = 0.0
    cause: str = ""


def verdict_key(service: str) -> str:
    """The partition key of a service's item."""
    return f"ledger#{service}"


def encode_verdict(status: VerdictStatus) -> bytes:
    """As it is written."""
    return msgspec.msgpack.encode(status)


def decode_verdict(content: bytes) -> VerdictStatus | None:
    """As it was read; what another version wrote, and is not understood, is nothing."""
    try:
        return msgspec.msgpack.decode(content, type=VerdictStatus)
    except msgspec.MsgspecError:
        return None
