"""What one batch asks for: draining, verifying, reporting; each message shares no other's fate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsops import alerts, observability
from ecsops.arns import parse_arn
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import MetricUnit, count, logger
from ecsops.parallel import chunks
from ecsops.queue import Message, send_later
from spot_drain.aws import Aws
from spot_drain.drain import Pass, drain
from spot_drain.interruption import Interruption, merge, read_interruption
from spot_drain.messages import (
    REPORT_AFTER_S,
    TASKS_PER_MESSAGE,
    VERIFY_AFTER_S,
    Report,
    TaskCheck,
    Verify,
    encode,
    read_own,
)
from spot_drain.storm import storm_alert, stuck_alert
from spot_drain.tally import Tallies
from spot_drain.verification import Findings, verify

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

# Every interruption brings several events (RUNNING, DEACTIVATING, STOPPING, ...). Once a task was
# drained, its later events in the same process cost nothing.
_REMEMBER_TASK_S = 180
_MAX_REMEMBERED = 20_000


@dataclass(slots=True)
class Sorted:
    """A batch by what each message is. Two messages that say the same are one work item."""

    interruptions: list[Interruption] = field(default_factory=list)
    verifications: list[tuple[str, Verify]] = field(default_factory=list)
    reports: dict[str, list[str]] = field(default_factory=dict)
    rejected: dict[str, InvalidMessage] = field(default_factory=dict)


def sort(messages: Iterable[Message]) -> Sorted:
    """Read every message; what cannot be understood is rejected alone."""
    batch = Sorted()
    for message in messages:
        try:
            own = read_own(message.body)
            if own is None:
                interruption = read_interruption(message.id, message.body)
                if interruption is not None:
                    batch.interruptions.append(interruption)
            elif isinstance(own, Verify):
                batch.verifications.append((message.id, own))
            else:
                batch.reports.setdefault(own.service_arn, []).append(message.id)
        except InvalidMessage as error:
            batch.rejected[message.id] = error
        except Exception as error:  # noqa: BLE001  whatever one body provokes stays with that body
            batch.rejected[message.id] = InvalidMessage("$", f"{type(error).__name__}: {error}")
    return batch


@dataclass(slots=True)
class Worker:
    """Does what a batch asks for. Lives as long as the function's process."""

    aws: Aws
    tallies: Tallies
    sqs: SQSClient
    events: EventBridgeClient
    queue_url: str
    drained: dict[str, float] = field(default_factory=dict)

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        batch = sort(messages)
        for message_id, error in batch.rejected.items():
            count("RejectedMessages")
            logger.error(
                "message rejected", path=error.path, reason=error.problem, message=message_id
            )
        failed = set(batch.rejected)
        failed |= self._drain(batch.interruptions, now)
        failed |= self._verify(batch.verifications, now)
        failed |= self._report(batch.reports, now)
        return failed

    def _drain(self, arrived: Iterable[Interruption], now: float) -> set[str]:
        fresh = [
            one
            for one in merge(arrived)
            if now - self.drained.get(one.task_arn, 0) > _REMEMBER_TASK_S
        ]
        if not fresh:
            return set()
        try:
            outcome = drain(fresh, self.aws, now=now)
            self._schedule(outcome.checks, attempt=1)
        except CALL_ERRORS as error:
            logger.exception("draining failed", reason=str(error))
            return {message_id for one in fresh for message_id in one.message_ids}
        _tell(outcome, now)
        self._remember(outcome.done, now)
        return {message_id for one in outcome.failed for message_id in one.message_ids}

    def _verify(self, arrived: Sequence[tuple[str, Verify]], now: float) -> set[str]:
        failed: set[str] = set()
        for attempt in sorted({verification.attempt for _, verification in arrived}):
            same = [(i, v) for i, v in arrived if v.attempt == attempt]
            checks = {check.task_arn: check for _, v in same for check in v.tasks}
            try:
                findings = verify(list(checks.values()), attempt, self.aws, now=now)
                self._schedule(findings.again, attempt=attempt + 1)
                self._record(findings, now)
            except CALL_ERRORS as error:
                logger.exception("verification failed", reason=str(error))
                failed |= {message_id for message_id, _ in same}
        return failed

    def _report(self, arrived: dict[str, list[str]], now: float) -> set[str]:
        failed: set[str] = set()
        for service_arn, message_ids in arrived.items():
            try:
                tally = self.tallies.read(service_arn)
                # None: told already. Not over: whoever added last has sent a later report message.
                if tally is not None and tally.is_over(now):
                    alerts.publish(self.events, [storm_alert(tally)])
                    self.tallies.close(tally)
            except CALL_ERRORS as error:
                logger.exception("report failed", service=service_arn, reason=str(error))
                failed.update(message_ids)
        return failed

    def _record(self, findings: Findings, now: float) -> None:
        urgent = []
        for service_arn, sets in findings.additions.items():
            frozen = {name: frozenset(items) for name, items in sets.items()}
            began, new = self.tallies.add(service_arn, frozen, now=now)
            _measure(service_arn, new)
            if service_arn in findings.left:
                left = {g: tuple(sorted(t)) for g, t in findings.left[service_arn].items()}
                urgent.append(stuck_alert(service_arn, began, left))
        alerts.publish(self.events, urgent)
        reports = [encode(Report(service_arn)) for service_arn in findings.additions]
        send_later(self.sqs, self.queue_url, reports, REPORT_AFTER_S)

    def _schedule(self, checks: Sequence[TaskCheck], attempt: int) -> None:
        bodies = [
            encode(Verify(tuple(part), attempt)) for part in chunks(checks, TASKS_PER_MESSAGE)
        ]
        send_later(self.sqs, self.queue_url, bodies, VERIFY_AFTER_S)

    def _remember(self, done: Iterable[Interruption], now: float) -> None:
        if len(self.drained) > _MAX_REMEMBERED:
            self.drained.clear()
        self.drained |= {one.task_arn: now for one in done}


def _tell(outcome: Pass, now: float) -> None:
    """Log lines and metrics of a first pass."""
    for one in outcome.done:
        logger.info(
            "task drained", cluster=one.cluster_arn, service=one.service_name, task=one.task_arn
        )
        left = one.seconds_left(now)
        if left is not None:
            observability.measure("SecondsLeft", MetricUnit.Seconds, left)
    for one, error in outcome.failed.items():
        logger.error(
            "task not drained",
            cluster=one.cluster_arn,
            service=one.service_name,
            task=one.task_arn,
            reason=str(error),
        )
    for group in sorted(outcome.gone):
        logger.error(
            "target group does not exist",
            path="loadBalancers[].targetGroupArn",
            target_group=group,
        )
    for service in outcome.services.values():
        if service.problem:
            logger.warning("tag not understood", service=service.arn, reason=service.problem)
        if service.classic:
            logger.warning(
                "classic load balancer left alone", service=service.arn, names=service.classic
            )
    for name, number in (
        ("InterruptedTasks", len(outcome.done) + len(outcome.standalone)),
        ("StandaloneInterrupted", len(outcome.standalone)),
        ("StaleEvents", len(outcome.stale)),
        ("ServiceGone", len(outcome.orphaned)),
        ("TargetGroupGone", len(outcome.gone)),
        ("DrainFailed", len(outcome.failed)),
        ("SwitchedOff", len(outcome.switched_off)),
    ):
        if number:
            count(name, number)


def _measure(service_arn: str, new: dict[str, frozenset[str]]) -> None:
    arn = parse_arn(service_arn)
    dimensions = {"Cluster": arn.cluster or "default", "Service": arn.name}
    for name, metric in (
        ("native", "NativeDeregistered"),
        ("backstop", "BackstopDeregistered"),
        ("stuck", "StillRegistered"),
    ):
        if new.get(name):
            count(metric, len(new[name]), **dimensions)
