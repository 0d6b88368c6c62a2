"""One incident and one sink: plan, claim, send, record. Whatever happens, nothing is lost.

plan says send --> claim (note the attempt, take a lease) --> send --> record
    a crash, or an answer that is lost, leaves the attempt noted: whoever comes next asks the sink
    whether it arrived, and sends it again, with the same key, only if it did not or cannot tell.
plan says hold, or the sink fails --> a delayed message to our own queue looks again
the sink refuses, or fails for hours --> a dead letter; ``ecs-ops alerts replay`` looks again
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.incident import Incident, digest, key_digest
from alerts.incident_store import IncidentStore
from alerts.messages import Flush, encode
from alerts.news import News
from alerts.outlets import Outlets
from alerts.pace import FIRST_RETRY_S, Pace
from alerts.plan import Attempt, Hold, Nothing, Send, SinkState, attempt, plan
from alerts.redaction import compiled, for_readers
from alerts.routing import Recipient, Routes
from alerts.sinks.channel import SinkFailed, SinkRefused, SinkUnclear, found
from alerts.summary import GATHER_S, NO_CLUSTER, entry, is_summary, summary_key
from ecsops.errors import CallFailed
from ecsops.observability import logger
from ecsops.queue import send_later

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Longer than the function may run, shorter than a message stays hidden: nobody else sends meanwhile.
LEASE_S = 90
_LONGEST_DELAY_S = 900
_GIVE_UP_S = 6 * 3600
_KEPT_TIMES = 60
# Clocks of two functions may differ by this much.
_SKEW_S = 2


class Told(StrEnum):
    """What became of it; the values are names of metrics."""

    SENT = "AlertsDelivered"
    HELD = "AlertsHeld"
    KNOWN = "DuplicateAlerts"
    SUMMARISED = "AlertsSummarised"
    FAILED = "SinkFailed"
    REFUSED = "SinkRefused"


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells sinks. Lives as long as the function's process."""

    store: IncidentStore
    outlets: Outlets
    sqs: SQSClient
    queue_url: str
    dead_letter_queue_url: str
    pace: Pace = field(default_factory=Pace)
    _gathered: set[tuple[str, str]] = field(default_factory=set)

    def tell(
        self, incident: Incident, to: Recipient, state: SinkState, routes: Routes, now: float
    ) -> Told:
        """Do what is due for one recipient."""
        if state.summarised is not None:
            return self._summarise(incident, to, state, state.summarised, now)
        step = plan(incident, state, routes.limits, now, to.not_before)
        match step:
            case Nothing():
                return Told.KNOWN
            case Hold():
                self._later(incident, to.sink, state, step.until, now)
                return Told.HELD
        summary = self._crowded(incident, to, state, step, routes, now)
        if summary is not None:
            return self._summarise(incident, to, state, summary, now)
        turn = self.pace.held(to.sink, now)
        if turn is not None:
            self._later(incident, to.sink, state, turn, now)
            return Told.HELD
        return self._send(incident, to, state, step, routes, now)

    def flush_summaries(self) -> None:
        """Have each summary told once, after everything that this batch hands over to it."""
        bodies = [encode(Flush("flush", key, sink)) for key, sink in sorted(self._gathered)]
        self._gathered.clear()
        send_later(self.sqs, self.queue_url, bodies, GATHER_S)

    def _send(
        self,
        incident: Incident,
        to: Recipient,
        state: SinkState,
        step: Send,
        routes: Routes,
        now: float,
    ) -> Told:
        earlier = state.pending
        key = earlier.key if earlier else _message_key(incident, to.sink, state.number)
        mine = attempt(incident, step, key)
        leased = replace(state, pending=mine, lease_until=now + LEASE_S, owner=uuid.uuid4().hex)
        claimed = self.store.save(incident.key, to.sink, leased, now)
        if claimed is None:
            self._flush_in(incident.key, to.sink, FIRST_RETRY_S)
            return Told.HELD
        news = _news(incident, step, state.number + 1, key, compiled(routes.redact))
        try:
            channel = self.outlets.open(to.sink, routes, now)
            arrived = found(channel, earlier.key, state.reference, news, now) if earlier else None
            reference = arrived or channel.send(news, state.reference, now)
        except SinkFailed as error:
            return self._failed(incident, to.sink, claimed, earlier, error, now)
        done = earlier if earlier and arrived else mine
        self._record(incident, to.sink, claimed, done, reference, now)
        return Told.SENT

    def _record(
        self,
        incident: Incident,
        sink: str,
        state: SinkState,
        done: Attempt,
        reference: str,
        now: float,
    ) -> None:
        told = {**state.told, **done.told}
        recorded = SinkState(
            version=state.version,
            reference=reference,
            told=told,
            sent=(*state.sent[:1], *state.sent[1:][-_KEPT_TIMES:], now),
            number=state.number + 1,
            severity=done.severity,
            condition=done.condition,
            shown=done.shown,
            flush_at=state.flush_at,
        )
        unsaid = any(told.get(alert.stage) != digest(alert) for alert in incident.alerts)
        if unsaid or done.shown != incident.words:
            self._flush_in(incident.key, sink, FIRST_RETRY_S)
        if self.store.save(incident.key, sink, recorded, now) is None:
            raise CallFailed("PutItem", "LeaseLost", f"{incident.key}: {sink}: told by two")

    def _failed(
        self,
        incident: Incident,
        sink: str,
        state: SinkState,
        earlier: Attempt | None,
        error: SinkFailed,
        now: float,
    ) -> Told:
        """Note the failure, and that somebody will look again; then give the lease back."""
        since = state.failing_since or now
        hopeless = isinstance(error, SinkRefused) or now - since >= _GIVE_UP_S
        logger.error(
            "sink failed", sink=sink, incident=incident.key, reason=str(error), given_up=hopeless
        )
        unsettled = state.pending if isinstance(error, SinkUnclear) else None
        note = replace(state, lease_until=0.0, failing_since=since, failures=state.failures + 1)
        note = replace(note, pending=unsettled or earlier)
        if hopeless:
            self._dead_letter(incident.key, sink, str(error))
            self.store.save(incident.key, sink, replace(note, parked=True), now)
            return Told.REFUSED
        wait = self.pace.wait(sink, now, error.retry_after_s, state.failures)
        delay = self._flush_in(incident.key, sink, wait)
        note = replace(note, retry_at=now + wait, flush_at=now + delay)
        self.store.save(incident.key, sink, note, now)
        return Told.FAILED

    def _crowded(
        self,
        incident: Incident,
        to: Recipient,
        state: SinkState,
        step: Send,
        routes: Routes,
        now: float,
    ) -> str | None:
        """The summary that takes this incident, None when it may have a thread of its own."""
        if step.action != "open" or state.pending or is_summary(incident.key) or incident.now.test:
            return None
        cluster = incident.alerts[0].cluster or NO_CLUSTER
        crowd = self.store.join(to.sink, cluster, incident.key, routes.limits, now)
        return None if crowd is None else summary_key(to.sink, crowd.cluster, crowd.began)

    def _summarise(
        self, incident: Incident, to: Recipient, state: SinkState, summary: str, now: float
    ) -> Told:
        """Hand what holds now to a summary."""
        told = {alert.stage: digest(alert) for alert in incident.alerts}
        # Also what is known by now: whoever handed it over may have died before the summary's flush.
        self._gathered.add((summary, to.sink))
        if state.told == told and state.shown == incident.words:
            return Told.KNOWN
        self.store.add(summary, entry(incident, summary), now)
        note = replace(state, summarised=summary, told=told, shown=incident.words)
        if self.store.save(incident.key, to.sink, note, now) is None:
            self._flush_in(incident.key, to.sink, FIRST_RETRY_S)
        return Told.SUMMARISED

    def _later(
        self, incident: Incident, sink: str, state: SinkState, until: float, now: float
    ) -> None:
        """Look again at ``until``, unless somebody is going to do so anyway."""
        if now + _SKEW_S < state.flush_at <= until + 1:
            return
        delay = self._flush_in(incident.key, sink, until - now)
        if state.lease_until <= now:
            self.store.save(incident.key, sink, replace(state, flush_at=now + delay), now)

    def _flush_in(self, incident: str, sink: str, seconds: float) -> int:
        delay = min(max(math.ceil(seconds), 1), _LONGEST_DELAY_S)
        body = encode(Flush("flush", incident, sink))
        send_later(self.sqs, self.queue_url, [body], delay)
        return delay

    def _dead_letter(self, incident: str, sink: str, reason: str) -> None:
        body = encode(Flush("flush", incident, sink, replayed=True, reason=reason))
        send_later(self.sqs, self.dead_letter_queue_url, [body], 0)


def revived(state: SinkState) -> SinkState:
    """The state after a replay: what stood in the way is mended."""
    return replace(state, parked=False, retry_at=0.0, failing_since=0.0, failures=0)


def _message_key(incident: Incident, sink: str, number: int) -> str:
    return f"{key_digest(incident.key)}-{key_digest(sink)[:8]}-{number + 1}"


def _news(
    incident: Incident, step: Send, number: int, key: str, patterns: Sequence[re.Pattern[str]]
) -> News:
    """What the sink gets: nothing in it, names included, that must not leave."""
    shown = replace(incident, now=for_readers(incident.now, patterns))
    fresh = tuple(for_readers(alert, patterns) for alert in step.fresh)
    return News(shown, step.action, fresh, number, key)
