"""An alert small enough to be kept and told: what is left out is counted, in the alert itself."""

from __future__ import annotations

import msgspec

from ecsops.alerts import Alert, Diff, Lines, Table

# DynamoDB's items have at most 400 KB (Service, account, and table quotas in Amazon DynamoDB).
_BYTES = 300_000
_ROWS, _STEPS, _RESOURCES = 200, 20, 100


def fitted(alert: Alert) -> Alert:
    """The alert without what is too much: rows first, then whole pieces of evidence, then steps."""
    short = msgspec.structs.replace(
        alert,
        evidence=tuple(_cut(block) for block in alert.evidence),
        next_steps=alert.next_steps[:_STEPS],
        resources=alert.resources[:_RESOURCES],
    )
    if _fits(short):
        return short
    kept = msgspec.structs.replace(short, evidence=(), next_steps=())
    for step in short.next_steps:
        more = msgspec.structs.replace(kept, next_steps=(*kept.next_steps, step))
        kept = more if _fits(more) else kept
    for block in short.evidence:
        more = msgspec.structs.replace(kept, evidence=(*kept.evidence, block))
        kept = more if _fits(more) else kept
    missing = len(short.evidence) - len(kept.evidence)
    note = Lines("Left out", (f"evidence that is too large for an alert: {missing}",))
    return msgspec.structs.replace(
        kept, evidence=(*kept.evidence, note) if missing else kept.evidence
    )


def _cut(block: Table | Lines | Diff) -> Table | Lines | Diff:
    match block:
        case Table(rows=rows) if len(rows) > _ROWS:
            rest = ("...", f"and {len(rows) - _ROWS} more")
            return msgspec.structs.replace(block, rows=(*rows[:_ROWS], rest))
        case Diff(changes=changes) if len(changes) > _ROWS:
            more = ("...", "", f"and {len(changes) - _ROWS} more")
            return msgspec.structs.replace(block, changes=(*changes[:_ROWS], more))
    return block


def _fits(alert: Alert) -> bool:
    return len(msgspec.json.encode(alert)) <= _BYTES
