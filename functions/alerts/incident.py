"""An incident: what all of its alerts say together, whatever order they came in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from ecsops.alerts import Alert, Severity

Condition = Literal["open", "resolved"]
RANK: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Incident:
    """The present view. ``alerts`` has one alert for each stage, oldest first; never empty.

    ``now`` is what holds: the newest alert, or the sum of what a summary has gathered.
    """

    key: str
    alerts: tuple[Alert, ...]
    now: Alert

    @property
    def condition(self) -> Condition:
        """Whether it is over."""
        return "resolved" if self.now.state == "resolved" else "open"

    @property
    def severity(self) -> Severity:
        """How bad it is now."""
        return self.now.severity

    @property
    def words(self) -> str:
        """Identifies what is to be shown now, whatever the routes make of its severity."""
        return digest(msgspec.structs.replace(self.now, severity="info"))

    @property
    def opened_at(self) -> float:
        """When it began."""
        return self.alerts[0].at


def fold(key: str, alerts: Iterable[Alert]) -> Incident:
    """The incident of these alerts. Order and duplicates do not matter.

    Of two alerts with the same stage the later one holds; of two at the same time the one whose
    content sorts last, so that everybody picks the same.
    """
    stages: dict[str, Alert] = {}
    for alert in alerts:
        held = stages.get(alert.stage)
        if held is None or precedence(held) < precedence(alert):
            stages[alert.stage] = alert
    ordered = tuple(sorted(stages.values(), key=precedence))
    return Incident(key, ordered, ordered[-1])


def self_report(incident: str, stage: str, title: str, summary: str, now: float) -> Alert:
    """What alerts have to say of themselves that asks nothing of anybody: over once it is told."""
    return Alert(
        incident=incident,
        stage=stage,
        severity="info",
        state="resolved",
        at=now,
        capability="alerts",
        title=title,
        summary=summary,
    )


def precedence(alert: Alert) -> tuple[float, bool, str]:
    """Sorts alerts by time; at the same instant the end of an incident comes after the rest."""
    return alert.at, alert.state == "resolved", digest(alert)


def digest(alert: Alert) -> str:
    """Identifies what an alert says. Not when: the same words said again are no news by themselves."""
    said = msgspec.json.encode(msgspec.structs.replace(alert, at=0.0))
    return hashlib.blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()


def key_digest(text: str) -> str:
    """A short, stable name for a key of any length, e.g. an incident's."""
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
