"""What arrives in the queue: the schedule's tick, and our own between two of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from ecsops.errors import InvalidMessage
from ecsops.events.envelope import epoch, parse_event, read_document
from ecsops.observability import count, logger
from ecsops.queue import Message

# A tick that is later than this has been overtaken by the next one.
STALE_S = 50.0
BETWEEN_AT_S = (20, 40)


class Between(msgspec.Struct, frozen=True, tag_field="queue_scaling", tag="between"):
    """Look after the services of the 20 s mode. ``due`` is in epoch seconds."""

    due: float


class _Probe(msgspec.Struct, frozen=True):
    queue_scaling: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What a batch asks for: one tick at most, whatever is in it."""

    kind: Literal["all", "between", "nothing"]
    rejected: frozenset[str]


def read_batch(messages: Iterable[Message], now: float) -> Due:
    """Several ticks are one; stale ones are none; what is no tick is rejected alone."""
    kinds: set[str] = set()
    rejected: set[str] = set()
    for message in messages:
        try:
            found, due = _read(message.body)
        except InvalidMessage as error:
            rejected.add(message.id)
            count("RejectedMessages")
            logger.error("message rejected", path=error.path, reason=error.problem)
            continue
        if now - due <= STALE_S:
            kinds.add(found)
        else:
            count("StaleTicks")
    return Due("all" if "all" in kinds else "between" if kinds else "nothing", frozenset(rejected))


def between(now: float) -> list[tuple[int, str]]:
    """(delay, body) of the ticks until the next minute."""
    return [(delay, msgspec.json.encode(Between(now + delay)).decode()) for delay in BETWEEN_AT_S]


def _read(body: str) -> tuple[Literal["all", "between"], float]:
    if read_document(body, _Probe).queue_scaling is not None:
        return "between", read_document(body, Between).due
    event = parse_event(body)
    if event.detail_type != "Scheduled Event":
        raise InvalidMessage("$.detail-type", "expected the schedule's Scheduled Event")
    if event.time is None:
        raise InvalidMessage("$.time", "required field is missing")
    return "all", epoch(event.time)
