"""What one batch asks for: draining, verifying, reporting; each message shares no other's fate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsops import alerts
from ecsops.arns import parse_arn
from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message, send_later
from spot_drain.aws import Aws
from spot_drain.batch import sort
from spot_drain.drain import drain
from spot_drain.interruption import Interruption, merge
from spot_drain.messages import (
    ENDED_AFTER_S,
    REPORT_AFTER_S,
    TICK,
    VERIFY_AFTER_S,
    TaskCheck,
    Verify,
    join,
    report_bodies,
    verify_bodies,
)
from spot_drain.tally import Added, Tallies
from spot_drain.targets import Service
from spot_drain.telling import measure_verdicts, tell_pass, tell_unverified
from spot_drain.verification import Findings, too_late, verify

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

    from spot_drain.others import OtherWorker
    from spot_drain.storm import Tally

# Every interruption brings several events (RUNNING, DEACTIVATING, STOPPING, ...). Once a task was
# drained, its later events in the same process cost nothing.
_REMEMBER_TASK_S = 180
_MAX_REMEMBERED = 20_000


@dataclass(slots=True)
class Worker:
    """Does what a batch asks for. Lives as long as the function's process."""

    aws: Aws
    tallies: Tallies
    sqs: SQSClient
    events: EventBridgeClient
    queue_url: str
    region: str
    rebalance: str = "off"
    other_worker: OtherWorker | None = None
    drained: dict[str, float] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The queue's own."""
        return self.queue_url.rstrip("/").split("/")[-2]

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        batch = sort(messages)
        for message_id, error in batch.rejected.items():
            count("RejectedMessages")
            logger.error(
                "message rejected", path=error.path, reason=error.problem, message_id=message_id
            )
        failed = set(batch.rejected)
        failed |= self._drain(self._own(batch.interruptions), now)
        failed |= self._verify(batch.verifications, now)
        failed |= self._report(batch.reports, now)
        failed |= self._others(batch.others, now)
        return failed

    def _own(self, arrived: Sequence[Interruption]) -> list[Interruption]:
        """Tasks of another account or Region are in reach of the toolkit there only."""
        here = (self.region, self.account)
        own = [one for one in arrived if tuple(one.cluster_arn.split(":")[3:5]) == here]
        if len(own) < len(arrived):
            count("ForeignEvents", len(arrived) - len(own))
        return own

    def _others(self, messages: Sequence[Message], now: float) -> set[str]:
        if not messages:
            return set()
        if self.other_worker is None:
            # A storm of Fargate interruptions does not wait for what only instances need.
            from spot_drain.others import OtherWorker

            self.other_worker = OtherWorker.of(self)
        return self.other_worker.work(messages, now)

    def _drain(self, arrived: Iterable[Interruption], now: float) -> set[str]:
        fresh = [
            one
            for one in merge(arrived)
            if now - self.drained.get(one.task_arn, -math.inf) > _REMEMBER_TASK_S
        ]
        if not fresh:
            return set()
        try:
            outcome = drain(fresh, self.aws, now=now)
            self.schedule(outcome.checks, attempt=1)
            outcome.missed = self._without_verdict(outcome.missed)
        except CALL_ERRORS as error:
            logger.exception("draining failed", reason=str(error))
            return {message_id for one in fresh for message_id in one.message_ids}
        tell_pass(outcome, now + self.aws.time_since(now))
        lost = self.record(too_late(outcome.missed), now) if outcome.missed else set()
        missed = [one for one, service in outcome.missed if service.arn not in lost]
        self._remember((*outcome.done, *outcome.standalone, *missed), now)
        again = [*outcome.failed, *(one for one, service in outcome.missed if service.arn in lost)]
        return {message_id for one in again for message_id in one.message_ids}

    def _without_verdict(
        self, missed: Sequence[tuple[Interruption, Service]]
    ) -> list[tuple[Interruption, Service]]:
        """Leave out whom an earlier try did take out: it was verified, but that try then died."""
        tallies = self.tallies.read({service.arn for _, service in missed})
        # Those missed are unattributed themselves, should this be the retry of their own record.
        verified = {tally.service_arn: tally.tasks - tally.unattributed for tally in tallies}
        return [
            (one, service)
            for one, service in missed
            if parse_arn(one.task_arn).name not in verified.get(service.arn, ())
        ]

    def _verify(self, arrived: Sequence[tuple[str, Verify]], now: float) -> set[str]:
        failed: set[str] = set()
        if arrived and self.aws.stack_mode == "off":  # a second look may take out once more
            count("SwitchedOff", sum(len(v.tasks) for _, v in arrived))
            return failed
        for attempt in sorted({verification.attempt for _, verification in arrived}):
            same = [(i, v) for i, v in arrived if v.attempt == attempt]
            checks = join(check for _, v in same for check in v.tasks)
            try:
                findings = verify(checks, attempt, self.aws, now=now)
                self.schedule(findings.again, attempt=attempt + 1)
            except CALL_ERRORS as error:
                logger.exception("verification failed", reason=str(error))
                failed |= {message_id for message_id, _ in same}
                continue
            tell_unverified(findings)
            lost = self.record(findings, now)
            failed |= {
                message_id
                for message_id, v in same
                for check in v.tasks
                if check.task_arn in findings.failed or check.service_arn in lost
            }
        return failed

    def _report(self, arrived: dict[str, list[str]], now: float) -> set[str]:
        failed = set(arrived)
        try:
            # No tally: told already. Not over: whoever added last has sent a later report message.
            over = {t.service_arn: t for t in self.tallies.read(arrived) if t.is_over(now)}
            failed = set(over)
            self._tell(over.values())
            self.tallies.keep(list(over.values()))
        except CALL_ERRORS as error:
            logger.exception("report failed", reason=str(error))
        else:
            # A storm that was told but not closed is told again; the reader's alert has the same key.
            outcomes = self._each(over, lambda arn: self.tallies.close(over[arn]), "not closed")
            failed = {arn for arn, outcome in outcomes if isinstance(outcome, Exception)}
        return {message_id for arn in failed for message_id in arrived[arn]}

    def _tell(self, over: Iterable[Tally]) -> None:
        # As in ``Tallies.keep``: no start needs it.
        from spot_drain.storm_report import storm_alert

        alerts.publish(self.events, [storm_alert(tally) for tally in over])

    def _each[T](
        self, service_arns: Iterable[str], call: Callable[[str], T], complaint: str
    ) -> list[tuple[str, T | Exception]]:
        """Call for each service, side by side; what failed is logged and answered as its error."""
        arns = list(service_arns)
        answers = run_all([lambda arn=arn: call(arn) for arn in arns])  # type: ignore[misc]
        for arn, answer in zip(arns, answers, strict=True):
            if isinstance(answer, CALL_ERRORS):
                logger.error(complaint, service=arn, reason=str(answer))
            elif isinstance(answer, Exception):
                raise answer
        return list(zip(arns, answers, strict=True))

    def record(self, findings: Findings, now: float) -> set[str]:
        """Note what was found; the services for which that did not succeed."""
        lost: set[str] = set()
        urgent = []

        def add(service_arn: str) -> Added:
            parse_arn(service_arn)
            sets = findings.additions[service_arn]
            frozen = {name: frozenset(items) for name, items in sets.items()}
            return self.tallies.add(service_arn, frozen, now=now)

        for service_arn, added in self._each(findings.additions, add, "verdicts not recorded"):
            if isinstance(added, Exception):
                lost.add(service_arn)
                continue
            sets = {n: frozenset(items) for n, items in findings.additions[service_arn].items()}
            measure_verdicts(service_arn, added, sets)
            if service_arn in findings.left:
                left = {g: tuple(sorted(t)) for g, t in findings.left[service_arn].items()}
                route = min(findings.additions[service_arn].get("routes", ()), default=None)
                urgent.append((service_arn, added.began, left, now, route))
        recorded = [service_arn for service_arn in findings.additions if service_arn not in lost]
        try:
            for arn, began, left, at, route in urgent:
                self.tallies.remember_stuck(arn, began, left, route, at)
            if urgent:
                # Hardly ever needed, and a start would load it every time.
                from spot_drain.stuck_alerts import stuck_alert

                alerts.publish(self.events, [stuck_alert(*each) for each in urgent])
            send_later(self.sqs, self.queue_url, report_bodies(recorded), REPORT_AFTER_S)
            if urgent:
                send_later(self.sqs, self.queue_url, [TICK], ENDED_AFTER_S)
        except CALL_ERRORS as error:
            logger.exception("report not scheduled", reason=str(error))
            lost.update(recorded)
        return lost

    def schedule(self, checks: Sequence[TaskCheck], attempt: int) -> None:
        """Have these tasks looked at again in a few seconds."""
        send_later(self.sqs, self.queue_url, verify_bodies(checks, attempt), VERIFY_AFTER_S)

    def _remember(self, done: Iterable[Interruption], now: float) -> None:
        if len(self.drained) > _MAX_REMEMBERED:
            self.drained.clear()
        self.drained |= {one.task_arn: now for one in done}
