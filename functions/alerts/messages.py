"""What the queue brings: alerts from the bus, and our own later messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from alerts.summary import is_summary
from ecsops.alerts import DETAIL_TYPE, Alert
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import parse_event, read_detail, read_document
from ecsops.queue import Message

_MARK = '"alerts"'
# The last second that a calendar has: what is later was given in milliseconds.
_LATEST = 253_402_300_799


class Flush(msgspec.Struct, frozen=True, omit_defaults=True):
    """Look at an incident again: there may be something to tell a sink. Harmless when there is not.

    ``replayed`` is set on what comes from the dead-letter queue: what stood in the way is mended.
    ``reason`` tells a person who reads the dead letter what that was.
    """

    alerts: Literal["flush"]
    incident: str
    sink: str
    replayed: bool = False
    reason: str = ""


@dataclass(slots=True)
class Work:
    """What a batch asks for about one incident."""

    message_ids: list[str] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    sinks: set[str] = field(default_factory=set)
    replayed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Sorted:
    """A batch by incident; what cannot be understood is rejected alone."""

    work: dict[str, Work] = field(default_factory=dict)
    rejected: dict[str, InvalidMessage] = field(default_factory=dict)


def encode(flush: Flush) -> str:
    """The message's body."""
    return msgspec.json.encode(flush).decode()


def sort(messages: Iterable[Message]) -> Sorted:
    """Read every message."""
    batch = Sorted()
    for message in messages:
        try:
            _add(batch, message)
        except InvalidMessage as error:
            batch.rejected[message.id] = error
        except Exception as error:  # noqa: BLE001  whatever one body provokes stays with that body
            batch.rejected[message.id] = InvalidMessage("$", f"{type(error).__name__}: {error}")
    return batch


def _add(batch: Sorted, message: Message) -> None:
    if message.body.lstrip("{ \n\t").startswith(_MARK):
        flush = read_document(message.body, Flush)
        work = batch.work.setdefault(flush.incident, Work())
        work.sinks.add(flush.sink)
        if flush.replayed:
            work.replayed.add(flush.sink)
    else:
        alert = _alert_of(message)
        work = batch.work.setdefault(alert.incident, Work())
        work.alerts.append(alert)
    work.message_ids.append(message.id)


def _alert_of(message: Message) -> Alert:
    event = parse_event(message.body)
    if event.detail_type != DETAIL_TYPE:
        raise InvalidMessage("$.detail-type", f"expected {DETAIL_TYPE!r}")
    alert = read_detail(event, Alert)
    for name in ("incident", "stage"):
        if not getattr(alert, name):
            raise InvalidMessage(f"$.detail.{name}", "is empty")
    if is_summary(alert.incident):
        # It would be taken for one of ours, which is told only to those that it was gathered for: nobody.
        raise InvalidMessage(
            "$.detail.incident", "begins as summaries of our own do: choose another"
        )
    if not 0 <= alert.at <= _LATEST:
        raise InvalidMessage("$.detail.at", f"expected epoch seconds, got {alert.at:g}")
    return alert
