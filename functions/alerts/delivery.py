"""A batch: each alert to everybody it concerns, once for the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from alerts.fitting import fitted
from alerts.incident import Incident, fold
from alerts.incident_reader import Known
from alerts.incident_store import IncidentStore
from alerts.messages import Work, sort
from alerts.plan import SinkState
from alerts.redaction import compiled
from alerts.routes_source import RoutesSource
from alerts.routing import Recipient, Routes, recipients
from alerts.summary import gathered, is_summary
from alerts.telling import Teller, Told, revived
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message
from ecsops.redaction import redact


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers to every sink of the routes in force."""

    store: IncidentStore
    source: RoutesSource
    teller: Teller

    def deliver(self, messages: Sequence[Message], now: float) -> set[str]:
        """Deliver everything; the ids of the messages to be tried again."""
        batch = sort(messages)
        for message_id, error in batch.rejected.items():
            _tell_rejected(message_id, error)
        routes = self.source.current(now)
        for alert in self.source.news():
            batch.work.setdefault(alert.incident, Work()).alerts.append(alert)
        incidents = list(batch.work.items())
        calls = [partial(self._incident, key, work, routes, now) for key, work in incidents]
        failed = set(batch.rejected)
        told: Counter[Told] = Counter()
        for (key, work), outcome in zip(incidents, run_all(calls), strict=True):
            results = [outcome] if isinstance(outcome, Exception) else outcome
            for result in results:
                if isinstance(result, Exception):
                    logger.error(
                        "alert not delivered", incident=key, reason=repr(result), exc_info=result
                    )
                    failed.update(work.message_ids)
                else:
                    told[result] += 1
        for name, number in told.items():
            count(name, number)
        return failed | self._flush_summaries(batch.work.values())

    def _flush_summaries(self, handled: Iterable[Work]) -> set[str]:
        try:
            self.teller.flush_summaries()
        except CALL_ERRORS as error:
            logger.exception("summaries not scheduled", reason=str(error))
            return {message_id for work in handled for message_id in work.message_ids}
        return set()

    def _incident(self, key: str, work: Work, routes: Routes, now: float) -> list[Told | Exception]:
        """Keep what is new, then do what is due, for all sinks side by side."""
        patterns = compiled(routes.redact)
        new = {msgspec.json.encode(alert): alert for alert in work.alerts}.values()
        kept = [fitted(redact(alert, patterns)) for alert in new]
        adding = [partial(self.store.add, key, alert, now) for alert in kept]
        for problem in run_all(adding):
            if problem is not None:
                raise problem
        known = self.store.read(key)
        if not known.alerts:
            return []
        incident = fold(key, known.alerts)
        to = _concerned(incident, known, work, routes, now)
        return run_all([partial(self._tell, incident, one, known, work, routes, now) for one in to])

    def _tell(
        self,
        incident: Incident,
        to: Recipient,
        known: Known,
        work: Work,
        routes: Routes,
        now: float,
    ) -> Told:
        state = known.sinks.get(to.sink, SinkState())
        if to.sink in work.replayed:
            state = revived(state)
        if is_summary(incident.key):
            incident = gathered(incident)
        else:
            shown = msgspec.structs.replace(incident.now, severity=to.severity)
            incident = replace(incident, now=shown)
        return self.teller.tell(incident, to, state, routes, now)


def _concerned(
    incident: Incident, known: Known, work: Work, routes: Routes, now: float
) -> list[Recipient]:
    """Who is told: a summary is its sink's own, everything else goes by the routes.

    A sink that has seen an incident begin also sees it end, whatever the routes say by now.
    """
    if is_summary(incident.key):
        return [Recipient(name, "info", 0.0) for name in sorted(work.sinks | known.sinks.keys())]
    by_route = {one.sink: one for one in recipients(incident, routes, now)}
    severity = next(iter(by_route.values())).severity
    for name in known.sinks.keys() | work.sinks:
        by_route.setdefault(name, Recipient(name, severity, 0.0))
    return list(by_route.values())


def _tell_rejected(message_id: str, error: InvalidMessage) -> None:
    count("RejectedMessages")
    logger.error("message rejected", path=error.path, reason=error.problem, message_id=message_id)
