"""Alerts: what the toolkit has to say to people, as versioned ``ecs-ops`` events.

Capabilities publish; the ``alerts`` capability groups and delivers. The schema is documented in
docs/alerts.md and, for machines, in docs/schemas/alert-v1.json, which is generated from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from ecsops import bus

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

DETAIL_TYPE = "ECS Ops Alert"
SCHEMA_VERSION = "1"

Severity = Literal["info", "warning", "critical"]
State = Literal["open", "update", "resolved"]


class Table(msgspec.Struct, frozen=True, tag_field="kind", tag="table"):
    """Evidence in rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Lines(msgspec.Struct, frozen=True, tag_field="kind", tag="lines"):
    """Evidence as text, e.g. the last log lines."""

    title: str
    lines: tuple[str, ...]


class Diff(msgspec.Struct, frozen=True, tag_field="kind", tag="diff"):
    """What changed: (field, before, after)."""

    title: str
    changes: tuple[tuple[str, str, str], ...]


class NextStep(msgspec.Struct, frozen=True):
    """What a person should do, with the exact command or a link."""

    text: str
    command: str | None = None
    link: str | None = None


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of an incident. ``incident`` groups messages, ``stage`` makes each unique in it.

    ``at`` is when it happened, in epoch seconds: it orders the messages, whenever they arrive.
    ``route`` is the value of the service's tag ``ecs-ops:alerts``; ``test`` marks the self-test's.
    """

    incident: str
    stage: str
    severity: Severity
    state: State
    at: float
    capability: str
    title: str
    summary: str
    version: str = SCHEMA_VERSION
    cluster: str | None = None
    service: str | None = None
    route: str | None = None
    test: bool = False
    evidence: tuple[Table | Lines | Diff, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    resources: tuple[str, ...] = ()


def publish(events: EventBridgeClient, alerts: Sequence[Alert]) -> None:
    """Put alerts on the default bus, 10 a call; raises ``PublishFailed`` if one was not taken.

    A retry may publish an alert twice: ``incident`` and ``stage`` tell the receiver.
    """
    bus.put(events, [bus.entry(DETAIL_TYPE, alert, alert.resources) for alert in alerts])
