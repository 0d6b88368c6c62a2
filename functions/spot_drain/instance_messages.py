"""The messages that are not about single tasks: what each is, and what in it cannot be understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ecsops.errors import InvalidMessage
from ecsops.events import container_instance, health
from ecsops.events.envelope import parse_event
from ecsops.queue import Message
from spot_drain.messages import Leave, probe, read_leave
from spot_drain.notices import Notice, read_bare_hook, read_notice
from spot_drain.retirement import Retirement, read_retirement
from spot_drain.watching import Watched, read_watch
from spot_drain.whereabouts import Found, found_in


@dataclass(slots=True)
class Others:
    """A batch by what each message is; every entry knows its message."""

    notices: list[Notice] = field(default_factory=list)
    watches: list[tuple[Message, tuple[Watched, ...]]] = field(default_factory=list)
    registered: list[tuple[str, Found]] = field(default_factory=list)
    retirements: list[tuple[str, Retirement]] = field(default_factory=list)
    leaves: list[tuple[str, Leave]] = field(default_factory=list)
    ticks: list[str] = field(default_factory=list)
    foreign: int = 0
    rejected: dict[str, InvalidMessage] = field(default_factory=dict)


def sort_others(messages: Iterable[Message], here: tuple[str, str], now: float) -> Others:
    """Read every message; what cannot be understood is rejected alone. ``here``: account and Region."""
    others = Others()
    for message in messages:
        try:
            _sort(message, others, here, now)
        except InvalidMessage as error:
            others.rejected[message.id] = error
        except Exception as error:  # noqa: BLE001  whatever one body provokes stays with that body
            others.rejected[message.id] = InvalidMessage("$", f"{type(error).__name__}: {error}")
    return others


def _sort(message: Message, others: Others, here: tuple[str, str], now: float) -> None:
    what = probe(message.body)
    if what.spot_drain == "watch":
        others.watches.append((message, read_watch(message.body).instances))
    elif what.spot_drain == "leave":
        others.leaves.append((message.id, read_leave(message.body)))
    elif what.spot_drain == "tick":
        others.ticks.append(message.id)
    elif what.spot_drain is not None:
        raise InvalidMessage("$.spot_drain", f"no message of ours: {what.spot_drain[:40]!r}")
    elif what.detail_type is None:
        notice = read_bare_hook(message.id, message.body, now)
        if notice is not None:
            others.notices.append(notice)
    else:
        _sort_event(message, others, here, now)


def _sort_event(message: Message, others: Others, here: tuple[str, str], now: float) -> None:
    event = parse_event(message.body)
    account, region = here
    if event.account not in ("", account) or event.region not in ("", region):
        others.foreign += 1  # its instances and hooks are in reach of the toolkit there only
    elif event.detail_type == container_instance.DETAIL_TYPE:
        found = _registered(event.detail)
        if found is not None:
            others.registered.append((message.id, found))
    elif event.detail_type == health.DETAIL_TYPE:
        retirement = read_retirement(event)
        if retirement is not None:
            others.retirements.append((message.id, retirement))
    else:
        notice = read_notice(message.id, event, now)
        if notice is not None:
            others.notices.append(notice)
        elif event.detail_type not in _KNOWN:
            kind = "an instance, task or health event"
            raise InvalidMessage("$.detail-type", f"expected {kind}, got another")


_KNOWN = frozenset(
    {
        "EC2 Spot Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance-terminate Lifecycle Action",
    }
)


def _registered(detail: msgspec.Raw) -> Found | None:
    """Where an instance takes tasks; None for one that does not, or is no EC2 instance."""
    shape: Mapping[str, Any] = msgspec.json.decode(detail)
    for name in ("containerInstanceArn", "clusterArn"):
        if not isinstance(shape.get(name), str):
            raise InvalidMessage(f"$.detail.{name}", "required field is missing")
    if shape.get("status") != "ACTIVE" or not shape.get("ec2InstanceId"):
        return None
    return found_in(shape["clusterArn"], shape)
