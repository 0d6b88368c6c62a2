"""One message about an audit, however much it found."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.resource import short_name
from audit.model.service import Service
from audit.report.entry import Entry
from audit.report.report import SEVERITIES, plural
from audit.rule import Severity
from ecsops.alerts import Alert, NextStep, Table
from ecsops.tags import alert_route

CAPABILITY = "audit"
_ROWS = 20


@dataclass(frozen=True, slots=True)
class Sweep:
    """What an audit of everything has besides: the day, how much was repaired, where the report is."""

    day: str
    repaired: int
    report: str


def digest(
    entries: Sequence[Entry], threshold: Severity, region: str, now: float, sweep: Sweep | None
) -> Alert | None:
    """The alert about what is new, or None if nothing of it is bad enough to disturb anybody."""
    bad = [each for each in entries if each.severity >= threshold]
    if not bad:
        return None
    mark = hashlib.sha256("".join(sorted(each.fingerprint for each in bad)).encode()).hexdigest()
    cluster, service, route = _owner(bad)
    told = f"{plural(len(bad), 'new finding')} ({_by_severity(bad)})"
    return Alert(
        incident=f"{CAPABILITY}/{region}/{sweep.day if sweep else 'change'}/{mark[:16]}",
        stage=f"digest-{mark[:16]}",
        severity="warning" if bad[0].severity >= Severity.HIGH else "info",
        # A report, not a state that somebody waits to end.
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"Audit: {told}" if sweep else f"Audit of a change: {told}",
        summary=_summary(bad, sweep),
        cluster=cluster,
        service=service,
        route=route,
        evidence=(_table(bad),),
        next_steps=_next_steps(sweep),
        resources=tuple(dict.fromkeys(each.arn for each in bad if each.arn))[:_ROWS],
    )


def _summary(bad: Sequence[Entry], sweep: Sweep | None) -> str:
    worst = bad[0]
    said = f"The worst: {worst.rule} {worst.resource}: {worst.message}."
    if sweep is None:
        return f"Only what the change introduced is listed. {said}"
    repaired = f" {plural(sweep.repaired, 'earlier finding')} repaired." if sweep.repaired else ""
    return f"{said}{repaired} Until they are repaired, these are not told again."


def _table(bad: Sequence[Entry]) -> Table:
    rows = tuple(
        (each.severity.name, each.rule, each.resource, f"{each.message}. Fix: {each.remedy}")
        for each in bad[:_ROWS]
    )
    more = f" (the worst {_ROWS} of {len(bad)})" if len(bad) > _ROWS else ""
    return Table(f"New findings{more}", ("severity", "rule", "resource", "finding"), rows)


def _next_steps(sweep: Sweep | None) -> tuple[NextStep, ...]:
    accept = NextStep("Repair them, or accept them with a reason and a day: docs/audit.md.")
    if sweep is None:
        return (accept,)
    command = f"aws s3 cp {sweep.report} audit.html"
    return (NextStep("Read the whole report, with scores and timelines.", command=command), accept)


def _by_severity(entries: Sequence[Entry]) -> str:
    counts = Counter(each.severity for each in entries)
    return ", ".join(f"{counts[each]} {each.name}" for each in SEVERITIES if counts[each])


def _owner(bad: Sequence[Entry]) -> tuple[str | None, str | None, str | None]:
    """The service, if all of it is about one: cluster, name and where its alerts go."""
    services = {id(each.about): each.about for each in bad if isinstance(each.about, Service)}
    others = any(
        not isinstance(each.about, Service) and each.kind != "task definition" for each in bad
    )
    if len(services) != 1 or others:
        return None, None, None
    (service,) = services.values()
    cluster = service["clusterArn"].text()
    return (short_name(cluster) if cluster else None), service.label, alert_route(service.tags)
