"""Everything that is not about a single interrupted Fargate task; loaded when the first of it arrives.

Kept apart so that the start of the function, which a storm of interruptions waits for, does not load it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsops import alerts
from ecsops.errors import CALL_ERRORS, CallFailed, InvalidMessage
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message
from spot_drain.history import Histories
from spot_drain.holding import Holding
from spot_drain.instance_messages import Others, sort_others
from spot_drain.instance_worker import InstanceWorker
from spot_drain.instances import Found, Instances, task_id
from spot_drain.lifecycle import Hooks
from spot_drain.open_incidents import OpenIncidents
from spot_drain.planned import Planned
from spot_drain.regression import BASELINE_S, RECENT_S, compare, regression_alert
from spot_drain.remembered import Remembered
from spot_drain.retirement import (
    TOO_LATE_S,
    Retirement,
    is_opted_in,
    planned,
    retirement_alert,
)

if TYPE_CHECKING:
    from spot_drain.batch import Worker

# Agents reconnect several times an hour; that an instance is where it was is written once in so long.
_REMEMBER_S = 6 * 3_600
_MAX_REMEMBERED = 20_000
_REASON = "AWS is about to retire this task: stopped in order by the ECS Ops Toolkit."


@dataclass(slots=True)
class OtherWorker:
    """Lives as long as the function's process."""

    batch: Worker
    instances: Instances
    worker: InstanceWorker
    planned: Planned
    histories: Histories
    written: dict[tuple[str, str], float] = field(default_factory=dict)

    @staticmethod
    def of(batch: Worker) -> OtherWorker:
        """Share the clients that are there already."""
        dynamodb, table = batch.tallies.dynamodb, batch.tallies.table
        instances = Instances(batch.aws.ecs, dynamodb, table)
        incidents = OpenIncidents.of(batch.events, instances, dynamodb, table)
        worker = InstanceWorker(
            batch.aws,
            instances,
            Holding(Hooks(), instances, incidents),
            batch.sqs,
            batch.queue_url,
            batch.record,
            batch.schedule,
            batch.rebalance,
        )
        return OtherWorker(
            batch,
            instances,
            worker,
            Planned(Remembered(dynamodb, table, "retirements")),
            Histories(dynamodb, table),
        )

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        account = self.batch.queue_url.rstrip("/").split("/")[-2]
        others = sort_others(messages, account, now)
        for message_id, error in others.rejected.items():
            tell_rejected(message_id, error)
        if others.foreign:
            count("ForeignEvents", others.foreign)
        failed = set(others.rejected)
        failed |= self._try(lambda: self._remember(others, now), {i for i, _ in others.registered})
        failed |= self._try(
            lambda: self.worker.begin(others.notices, now), {n.message_id for n in others.notices}
        )
        for message, watched in others.watches:
            look = _looking(self.worker, message, watched, now)
            failed |= self._try(look, {message.id})
        for message_id, retirement in others.retirements:
            retire = _retiring(self, retirement, now)
            failed |= self._try(retire, {message_id})
        if others.ticks:
            failed |= self._try(lambda: self._tick(now), set(others.ticks))
        return failed

    def announce(self, retirement: Retirement, now: float) -> None:
        """Tell people the date; remember what is to be stopped by then."""
        described = self._described(retirement.tasks)
        mode = self.batch.aws.stack_mode
        self.planned.replace(retirement.tasks, planned(retirement, described))
        alerts.publish(self.batch.events, [retirement_alert(retirement, described, now, mode)])
        count("TaskRetirements")

    def _described(self, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
        described = {}
        for arn, task in self._asked(arns).items():
            if isinstance(task, CallFailed):
                raise task
            described[arn] = task
        return described

    def _asked(self, arns: Sequence[str]) -> dict[str, dict[str, Any] | CallFailed]:
        by_cluster: dict[str, list[str]] = {}
        for arn in arns:
            prefix, _, rest = arn.partition(":task/")
            by_cluster.setdefault(f"{prefix}:cluster/{rest.partition('/')[0]}", []).append(arn)
        found = self.instances.describe(by_cluster)
        return {arn: task for arn in arns if (task := found.get(task_id(arn))) is not None}

    def _tick(self, now: float) -> set[str]:
        """Every hour: stop what is due, close what is over, see whether ECS's own draining got worse."""
        self._retire(now)
        self.worker.holding.incidents.close_stops(now)
        found = compare(self.histories.since(now - RECENT_S - BASELINE_S), now)
        if found.has_regressed:
            count("NativeRegressed")
            alerts.publish(self.batch.events, [regression_alert(found, now)])
        return set()

    def _retire(self, now: float) -> None:
        due = self.planned.due(now)
        if not due or self.batch.aws.stack_mode != "on":
            return
        asked = self._asked([arn for _, arn in due])
        failed = {arn: task for arn, task in asked.items() if isinstance(task, CallFailed)}
        running = [
            (str(task["clusterArn"]), arn)
            for arn, task in asked.items()
            if not isinstance(task, CallFailed)
            and is_opted_in(task)
            and task.get("desiredStatus") == "RUNNING"
        ]
        refused = self.instances.stop(running, _REASON)
        failed |= refused
        for arn, error in failed.items():
            logger.error("task not stopped", task=arn, reason=str(error))
        count("TasksStopped", len(running) - len(refused))
        self.planned.remove(
            [(at, arn) for at, arn in due if arn not in failed or now - at > TOO_LATE_S]
        )

    def _remember(self, others: Others, now: float) -> set[str]:
        """Where instances are registered, unless this process has written it lately."""
        if len(self.written) > _MAX_REMEMBERED:
            self.written.clear()
        new = {
            (found.instance_id, found.arn): found
            for _, found in others.registered
            if now - self.written.get((found.instance_id, found.arn), -1e12) > _REMEMBER_S
        }
        answers = run_all([_remembering(self.instances, found, now) for found in new.values()])
        lost = set()
        for key, answer in zip(new, answers, strict=True):
            if isinstance(answer, Exception):
                logger.warning("instance not remembered", instance=key[0], reason=str(answer))
                lost.add(key)
            else:
                self.written[key] = now
        return {i for i, f in others.registered if (f.instance_id, f.arn) in lost}

    @staticmethod
    def _try(act: Callable[[], set[str] | None], ids: set[str]) -> set[str]:
        """What fails with an AWS call is tried again, and takes nothing else of the batch with it."""
        if not ids:
            return set()
        try:
            return act() or set()
        except CALL_ERRORS as error:
            logger.exception("work failed", reason=str(error))
            return ids


def tell_rejected(message_id: str, error: InvalidMessage) -> None:
    """A message that nobody understands ends in the dead-letter queue."""
    count("RejectedMessages")
    logger.error("message rejected", path=error.path, reason=error.problem, message_id=message_id)


def _looking(
    worker: InstanceWorker, message: Message, watched: Sequence[Any], now: float
) -> Callable[[], None]:
    return lambda: worker.look(watched, now, retried=message.receive_count > 1)


def _retiring(worker: OtherWorker, retirement: Retirement, now: float) -> Callable[[], None]:
    return lambda: worker.announce(retirement, now)


def _remembering(instances: Instances, found: Found, now: float) -> Callable[[], None]:
    return lambda: instances.remember(found, now)
