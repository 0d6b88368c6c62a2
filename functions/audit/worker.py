"""What a batch asks for: one audit for all of it, one digest, and what is remembered of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from audit import memory as remembered
from audit.archive import Archive
from audit.catalogue import all_rules
from audit.collect.account import Collected, Collector
from audit.collect.reads import Unread
from audit.collect.scope import Scope
from audit.digest import Sweep, digest
from audit.report.html import html
from audit.report.json_form import json_form
from audit.report.of_graph import report_of
from audit.report.ownership import by_service
from audit.report.report import Report
from audit.rule import Outcome, Severity
from audit.suppression import from_graph, suppress
from audit.trigger import scope_of
from ecsops import alerts
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.queue import Message

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_TOLD = frozenset({Outcome.FAIL, Outcome.UNKNOWN})
_METRICS = {
    Severity.ERROR: "AuditFindingsError",
    Severity.HIGH: "AuditFindingsHigh",
    Severity.MEDIUM: "AuditFindingsMedium",
    Severity.LOW: "AuditFindingsLow",
    Severity.INFO: "AuditFindingsInfo",
}


@dataclass(slots=True)
class Worker:
    """Audits. ``threshold`` is the severity from which people are told; None tells nobody."""

    collector: Collector
    archive: Archive
    events: EventBridgeClient
    bucket: str
    region: str
    threshold: Severity | None

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Audit what the messages ask for; the ids of those to be tried again."""
        failed: set[str] = set()
        wanted: dict[str, Scope] = {}
        for message in messages:
            try:
                scope = scope_of(message.body)
            except InvalidMessage as error:
                count("RejectedMessages")
                logger.error(
                    "message rejected",
                    path=error.path,
                    reason=error.problem,
                    message_id=message.id,
                )
                failed.add(message.id)
            else:
                if scope is not None:
                    wanted[message.id] = scope
        if not wanted:
            return failed
        try:
            self._audit(_all(list(wanted.values())), now)
        except (*CALL_ERRORS, Unread) as error:
            logger.exception("audit failed", reason=str(error))
            return failed | wanted.keys()
        return failed

    def _audit(self, scope: Scope, now: float) -> None:
        began = time.monotonic()
        collected = self.collector.collect(scope, now)
        report = _report(collected, now)
        logger.info(
            "audited",
            whole=scope.whole,
            resources=dict(report.resources),
            calls=collected.calls,
            seconds=round(time.monotonic() - began, 1),
            unread=list(collected.unread),
        )
        if scope.whole:
            self._sweep(collected, report, now)
        else:
            self._change(report, now)

    def _change(self, report: Report, now: float) -> None:
        """Tell first, remember then: what dies in between is told again, and the alerts know it."""
        self._tell(report, self.archive.memory(), now, None)
        self.archive.remember(partial(remembered.after_change, report=report))

    def _sweep(self, collected: Collected, report: Report, now: float) -> None:
        before = self.archive.memory()
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        services = by_service(collected.graph, report.entries)
        whole = not collected.unread

        def change(memory: remembered.Memory) -> remembered.Memory:
            return remembered.after_sweep(memory, report, services, day, whole=whole)

        key = f"reports/{day}/audit"
        self.archive.put(
            f"{key}.html", html(report, collected.graph, change(before).days), "text/html"
        )
        # Without what passed: of a thousand services, it would fill a bucket.
        self.archive.put(f"{key}.json", json_form(report, _TOLD), "application/json")
        repaired = remembered.repaired(report, before)
        self._tell(report, before, now, Sweep(day, repaired, f"s3://{self.bucket}/{key}.html"))
        self.archive.remember(change)
        count("AuditRuns")
        for severity, number in report.by_severity.items():
            count(_METRICS[severity], number)
        count("AuditUnknown", report.by_outcome[Outcome.UNKNOWN])

    def _tell(
        self, report: Report, before: remembered.Memory, now: float, sweep: Sweep | None
    ) -> None:
        if self.threshold is None:
            return
        alert = digest(remembered.new(report, before), self.threshold, self.region, now, sweep)
        if alert is not None:
            alerts.publish(self.events, [alert])


def _all(scopes: Sequence[Scope]) -> Scope:
    first, *rest = scopes
    for each in rest:
        first = first | each
    return first


def _report(collected: Collected, now: float) -> Report:
    """With what tags and labels accept marked."""
    notes = [f"not read: {why}" for why in collected.unread]
    report = report_of(collected.graph, all_rules(), notes)
    found, problems = from_graph(collected.graph)
    today = datetime.fromtimestamp(now, UTC).date()
    entries, ended = suppress(report.entries, found, today)
    return report.told(entries, (*problems, *ended))
