"""Many incidents of one cluster at once: one summary for those that get no thread of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from alerts.incident import RANK, Incident, key_digest
from ecsops.alerts import Alert, NextStep, Severity, Table

_PREFIX = "alerts/summary/"
_ROWS = 40
# What else comes at the same moment belongs into the first message.
GATHER_S = 5
NO_CLUSTER, ALL_CLUSTERS = "(no cluster)", "(all clusters)"


def summary_key(sink: str, cluster: str, began: int) -> str:
    """The key of the summary that a sink gets about a cluster, or about all of them."""
    return f"{_PREFIX}{sink}/{cluster}/{began}"


def is_summary(key: str) -> bool:
    """Whether an incident is a summary of others."""
    return key.startswith(_PREFIX)


def entry(incident: Incident, summary: str) -> Alert:
    """What a summary keeps of an incident: its newest alert, as a stage."""
    return msgspec.structs.replace(
        incident.now,
        incident=summary,
        stage=f"held-{key_digest(incident.key)}",
        evidence=(),
        next_steps=incident.now.next_steps[:1],
    )


def gathered(entries: Incident) -> Incident:
    """The summary as an incident that says one thing about all its entries."""
    return replace(entries, now=_sum(entries))


def _sum(entries: Incident) -> Alert:
    alerts = entries.alerts
    clusters = sorted({alert.cluster or NO_CLUSTER for alert in alerts})
    alone = len(clusters) == 1
    where = f"cluster {clusters[0]}" if alone else f"{len(clusters)} clusters"
    still_open = [alert for alert in alerts if alert.state != "resolved"]
    return Alert(
        incident=entries.key,
        stage="summary",
        severity=_worst(still_open or alerts),
        state="open" if still_open else "resolved",
        at=entries.alerts[-1].at,
        capability="alerts",
        title=_title(clusters[0] if alone else where, len(alerts), len(still_open)),
        summary=(
            f"{_count(len(alerts))} of {where} began within a few minutes. They are "
            "gathered here instead of getting a thread each; the ones before them have their own. "
            f"{len(still_open)} of them still open."
        ),
        cluster=alerts[0].cluster if alone else None,
        evidence=(_table(alerts, alone=alone),),
        next_steps=(
            NextStep(
                "Look for a common cause first: the cluster, its network, its image registry."
                if alone
                else "Look for a common cause first: the Region, its network, an image registry."
            ),
        ),
        test=all(alert.test for alert in alerts),
    )


def _title(where: str, number: int, still_open: int) -> str:
    end = "all resolved" if not still_open else f"{still_open} open"
    return f"{where}: {number} more incident{'s' * (number != 1)} at once, {end}"


def _table(alerts: Sequence[Alert], *, alone: bool) -> Table:
    rows = [
        (_name(alert, alone=alone), alert.severity, alert.title)
        for alert in sorted(alerts, key=lambda a: (-RANK[a.severity], a.service or "", a.stage))
    ]
    more = len(rows) - _ROWS
    shown = rows[:_ROWS] + ([("...", "", f"and {more} more")] if more > 0 else [])
    return Table("Incidents", ("service", "severity", "what"), tuple(shown))


def _name(alert: Alert, *, alone: bool) -> str:
    name = alert.service or alert.capability
    return name if alone else f"{alert.cluster or NO_CLUSTER}/{name}"


def _worst(alerts: Sequence[Alert]) -> Severity:
    return max((alert.severity for alert in alerts), key=lambda severity: RANK[severity])


def _count(number: int) -> str:
    return "1 incident" if number == 1 else f"{number} incidents"
