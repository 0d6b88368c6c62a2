"""What ``ecs-ops guard history`` and ``explain`` print: what the guard remembers, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from deploy_guard.audit import AuditRow
from deploy_guard.model import Deployment, Ledger

_SHORT = 12


class History(msgspec.Struct, frozen=True):
    """A service's ledger and the latest rows of its audit, newest first."""

    ledger: Ledger
    audit: tuple[AuditRow, ...]


class Explanation(msgspec.Struct, frozen=True):
    """One deployment, and what was done about it."""

    service: str
    deployment: Deployment
    audit: tuple[AuditRow, ...]


def history_lines(history: History) -> Iterator[str]:
    """Deployments with what became of them, versions with proof, and what was done."""
    ledger = history.ledger
    yield ledger.service
    yield "deployments, newest first:" if ledger.deployments else "no deployment was seen yet"
    for row in ledger.deployments:
        cause = f"  {row.diagnosis.cause_id}" if row.diagnosis and row.failed_at else ""
        back = f"  rolls back {_short(row.rolls_back)}" if row.rolls_back else ""
        yield f"  {_when(row.began)}  {_short(row.id)}  {row.target.name}  {row.outcome}{cause}{back}"
    if ledger.judged:
        yield "versions:"
    for one in sorted(ledger.judged, key=lambda one: -one.at):
        kind = "good" if one.good else "bad "
        yield f"  {_when(one.at)}  {kind}  {one.version.name}: {one.why}"
    yield "audit, newest first:" if history.audit else "nothing was done yet, and nothing refused"
    yield from _audit(history.audit)


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """The verdict with the rules that led to it, the evidence, and the decision with its own."""
    row = explanation.deployment
    yield f"{explanation.service}: {row.id}"
    source = f", after {row.source.name}" if row.source else ", the first version"
    yield f"  {row.target.name} since {_when(row.began)}{source}"
    yield f"verdict: {row.outcome}" + (f" since {_when(row.outcome_at)}" if row.outcome_at else "")
    yield from (f"  because {rule}" for rule in row.rules)
    if row.serving is not None:
        yield f"  serving {row.serving.name}"
    if row.reason:
        yield f"  ECS says: {row.reason}"
    if row.diagnosis is not None:
        diagnosis = row.diagnosis
        yield (
            f"cause: {diagnosis.cause_id} ({diagnosis.blame}), {diagnosis.cause.says}: "
            f"{diagnosis.count} of {diagnosis.total} failures"
        )
        witness = {True: "a second witness confirms it", False: "a second witness denies it"}
        said = witness[diagnosis.confirmed] if diagnosis.confirmed is not None else ""
        yield from (f"  {text}" for text in (diagnosis.detail, said) if text)
    if row.bake is not None:
        state = "cut short" if row.bake.cancelled else "over" if row.bake.over else "going on"
        off = f", went off: {', '.join(row.bake.fired)}" if row.bake.fired else ""
        off += f", still on: {', '.join(row.bake.firing)}" if row.bake.firing else ""
        off += f", do not exist: {', '.join(row.bake.missing)}" if row.bake.missing else ""
        yield f"bake: until {_when(row.bake.ends_at)}, {state}{off}"
    if row.follows is not None:
        follows = row.follows
        yield f"follows {follows.service} of release group {follows.group}: {follows.deployment}"
    yield "decision:" if row.decided else "no decision was needed"
    yield from (f"  {rule}" for rule in row.decided)
    yield f"told: {', '.join(row.told) or 'nothing'}"
    yield "audit:" if explanation.audit else "nothing was done"
    yield from _audit(explanation.audit)


def _audit(rows: Sequence[AuditRow]) -> Iterator[str]:
    for row in rows:
        calls = f"  {'; '.join(row.calls)}" if row.calls else ""
        done = "" if row.executed else " (not executed)"
        what = _short(row.deployment) or row.service.rpartition(":")[2]
        yield f"  {_when(row.at)}  {what}  {row.state}{done}  {row.who}: {row.why}"
        yield from (f"    {text}" for text in (calls.strip(), row.note) if text)


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}Z"


def _short(deployment: str | None) -> str:
    return (deployment or "").rpartition("/")[2][:_SHORT]
