"""What to tell a sink's readers now, and what to hold back until when.

The first message goes out at once. Later ones are gathered and sent together, further and further
apart: at most ``updates`` in any ``window_s``, two of them kept for news that cannot wait (resolved, or
worse than before). Nothing is dropped: what is held is told later, in one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from alerts.incident import RANK, Condition, Incident, digest
from ecsops.alerts import Alert, Severity

Action = Literal["open", "update", "close"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much readers are told; the routes document may say otherwise."""

    updates: int = 5
    window_s: int = 600
    threads: int = 10
    threads_total: int = 30
    threads_window_s: int = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that was on its way: whether it has arrived is known once it is recorded."""

    key: str
    action: Action
    told: Mapping[str, str]
    severity: Severity
    condition: Condition
    shown: str = ""


@dataclass(frozen=True, slots=True)
class SinkState:
    """What a sink's readers know of an incident. ``told``: stage -> digest of what was said.

    ``shown`` is what they take to be the case: the words of the last message.
    """

    version: int = 0
    reference: str | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    sent: tuple[float, ...] = ()
    number: int = 0
    severity: Severity = "info"
    condition: Condition = "open"
    shown: str = ""
    pending: Attempt | None = None
    owner: str = ""
    lease_until: float = 0.0
    retry_at: float = 0.0
    failing_since: float = 0.0
    failures: int = 0
    flush_at: float = 0.0
    parked: bool = False
    summarised: str | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Tell this now. ``fresh`` is what the readers do not know yet, oldest first."""

    action: Action
    fresh: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """Tell it later."""

    until: float
    why: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The readers know everything, or a person has to act first."""

    why: str


Plan = Send | Hold | Nothing
# After the 1st message, the 1st update, the 2nd ...: seconds until the next ordinary update.
_GAPS_S = (15, 60, 180, 300)
_KEPT_FOR_URGENT = 2


def plan(
    incident: Incident, state: SinkState, limits: Limits, now: float, not_before: float = 0.0
) -> Plan:
    """What to do about one incident and one sink."""
    if state.parked:
        return Nothing("waits in the dead-letter queue")
    fresh = tuple(a for a in incident.alerts if state.told.get(a.stage) != digest(a))
    if not fresh and state.shown not in ("", incident.words):
        # It was said before, and holds again: a problem that came back.
        fresh = incident.alerts[-1:]
    if not fresh and state.pending is None:
        return Nothing("known already")
    hold = _hold(incident, state, limits, now, not_before)
    if hold is not None:
        return hold
    if state.pending is not None:
        return Send(state.pending.action, fresh or incident.alerts[-1:])
    if state.reference is None:
        return Send("open", fresh)
    return Send("close" if _resolved_now(incident, state) else "update", fresh)


def _hold(
    incident: Incident, state: SinkState, limits: Limits, now: float, not_before: float
) -> Hold | None:
    """What speaks against sending now; an attempt that is noted already only waits for the sink."""
    waits = [
        (state.lease_until, "another function is sending"),
        (state.retry_at, "the sink failed"),
    ]
    if state.pending is None:
        waits.append((not_before, "outside working hours, or in maintenance"))
        if state.reference is not None:
            waits.append((_next_update(incident, state, limits, now), "rate limit"))
    return next((Hold(until, why) for until, why in waits if until > now), None)


def attempt(incident: Incident, send: Send, key: str) -> Attempt:
    """What is about to be told, as it is noted before and recorded after."""
    told = {alert.stage: digest(alert) for alert in send.fresh}
    return Attempt(key, send.action, told, incident.severity, incident.condition, incident.words)


def _resolved_now(incident: Incident, state: SinkState) -> bool:
    return incident.condition == "resolved" and state.condition != "resolved"


def _next_update(incident: Incident, state: SinkState, limits: Limits, now: float) -> float:
    """When the next update may go out; the opening message in ``sent`` is no update."""
    updates = [at for at in state.sent[1:] if at > now - limits.window_s]
    urgent = _resolved_now(incident, state) or RANK[incident.severity] > RANK[state.severity]
    allowed = limits.updates if urgent else max(1, limits.updates - _KEPT_FOR_URGENT)
    if len(updates) >= allowed:
        return updates[-allowed] + limits.window_s
    if urgent:
        return now
    return max(state.sent) + _GAPS_S[min(len(updates), len(_GAPS_S) - 1)]
