"""Who is told what, and when: routes by severity, capability, cluster, service and tag.

Every route that matches counts; what no route matches goes to the default sinks. Working hours delay,
maintenance windows delay or downgrade. Nothing is ever dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase
from typing import Literal

from alerts.incident import RANK, Incident
from alerts.plan import Limits
from ecsops.alerts import Alert, Severity

SinkType = Literal["sns", "q-developer", "slack", "webhook", "apprise"]
BUILT_IN: tuple[SinkType, ...] = ("sns", "q-developer")


@dataclass(frozen=True, slots=True)
class Sink:
    """Where messages go. ``secret`` is a name in the one secret; ``channel`` and ``api`` are Slack's."""

    name: str
    type: SinkType
    secret: str | None = None
    channel: str | None = None
    api: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Every list that is given must have a match; globs for cluster, service and tag."""

    severity: tuple[Severity, ...] = ()
    capability: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()

    def accepts(self, alert: Alert, severity: Severity) -> bool:
        """Whether an alert, with the severity in force, is meant."""
        return (
            (not self.severity or severity in self.severity)
            and _glob(self.capability, alert.capability)
            and _glob(self.cluster, alert.cluster)
            and _glob(self.service, alert.service)
            and _glob(self.tag, alert.route)
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours in a time zone. ``days`` are 0 (Monday) to 6; ``end`` may be after midnight."""

    days: frozenset[int]
    start: time
    end: time
    zone: str

    def next_open(self, now: float) -> float:
        """``now`` inside the hours, otherwise when they begin next."""
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.zone)
        today = datetime.fromtimestamp(now, zone).date()
        days = [today + timedelta(days=ahead) for ahead in range(-1, 9)]
        spans = [self._span(day, zone) for day in days if day.weekday() in self.days]
        if any(begin <= now < end for begin, end in spans):
            return now
        return min((begin for begin, _ in spans if begin > now), default=now)

    def _span(self, day: date, zone: tzinfo) -> tuple[float, float]:
        last = day + timedelta(days=self.end <= self.start)
        begin, end = (datetime.combine(*at, zone) for at in ((day, self.start), (last, self.end)))
        return begin.timestamp(), end.timestamp()


@dataclass(frozen=True, slots=True)
class Route:
    """What matches goes to these sinks. Outside ``hours`` it waits, unless it is critical."""

    match: Match
    to: tuple[str, ...]
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A window in which what matches is expected: delayed to its end, or counted as less."""

    match: Match
    start: float
    end: float
    delay: bool = False
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """A routes document, checked."""

    sinks: tuple[Sink, ...] = ()
    routes: tuple[Route, ...] = ()
    default: tuple[str, ...] = ("sns",)
    selftest: tuple[str, ...] = ("sns",)
    maintenance: tuple[Maintenance, ...] = ()
    limits: Limits = field(default_factory=Limits)
    redact: tuple[str, ...] = ()

    def sink(self, name: str) -> Sink | None:
        """A sink of the document, or one that is always there."""
        for built_in in BUILT_IN:
            if name == built_in:
                return Sink(built_in, built_in)
        return next((sink for sink in self.sinks if sink.name == name), None)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A sink that is told of an incident, with the severity in force, and not before a time."""

    sink: str
    severity: Severity
    not_before: float


def recipients(incident: Incident, routes: Routes, now: float) -> tuple[Recipient, ...]:
    """Everybody whom any alert of the incident concerns: who saw it begin also sees it end."""
    found: dict[str, float] = {}
    for alert in incident.alerts:
        severity, delayed = in_force(alert, routes)
        for name, not_before in _sinks(alert, severity, routes, now):
            when = max(not_before, delayed)
            found[name] = min(when, found.get(name, when))
    severity = in_force(incident.now, routes)[0]
    return tuple(Recipient(name, severity, when) for name, when in sorted(found.items()))


def in_force(alert: Alert, routes: Routes) -> tuple[Severity, float]:
    """The severity of an alert and when it may be told, after the maintenance windows it fell into."""
    severity, not_before = alert.severity, 0.0
    for window in routes.maintenance:
        if window.start <= alert.at < window.end and window.match.accepts(alert, alert.severity):
            if window.severity is not None and RANK[window.severity] < RANK[severity]:
                severity = window.severity
            if window.delay:
                not_before = max(not_before, window.end)
    return severity, not_before


def _sinks(alert: Alert, severity: Severity, routes: Routes, now: float) -> list[tuple[str, float]]:
    if alert.test:
        return [(name, 0.0) for name in routes.selftest]
    matching = [route for route in routes.routes if route.match.accepts(alert, severity)]
    if not matching:
        return [(name, 0.0) for name in routes.default]
    return [
        (name, route.hours.next_open(now) if route.hours and severity != "critical" else 0.0)
        for route in matching
        for name in route.to
    ]


def _glob(patterns: tuple[str, ...], value: str | None) -> bool:
    return not patterns or (
        value is not None and any(fnmatchcase(value, pattern) for pattern in patterns)
    )
