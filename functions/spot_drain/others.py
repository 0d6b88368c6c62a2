"""Everything that is not about a single interrupted Fargate task; loaded when the first of it arrives.

Kept apart so that the start of the function, which a storm of interruptions waits for, does not load it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import Message, send_later
from spot_drain.endings import Endings
from spot_drain.history import Histories
from spot_drain.holding import Holding
from spot_drain.instance_messages import Others, sort_others
from spot_drain.instance_tasks import InstanceTasks
from spot_drain.instance_worker import InstanceWorker
from spot_drain.instances import Instances
from spot_drain.leaving import Leaving
from spot_drain.lifecycle import Hooks
from spot_drain.messages import Leave
from spot_drain.open_incidents import OpenIncidents
from spot_drain.planned import Planned
from spot_drain.regression import BASELINE_S, RECENT_S, compare
from spot_drain.remembered import Remembered
from spot_drain.retirement import Retirement, merge
from spot_drain.retiring import Retiring
from spot_drain.taken import Taken
from spot_drain.watching import Watched
from spot_drain.whereabouts import Found, Whereabouts

if TYPE_CHECKING:
    from spot_drain.worker import Worker

# Agents reconnect several times an hour; that an instance is where it was is written once in so long.
_REMEMBER_S = 6 * 3_600
_MAX_REMEMBERED = 20_000
# Of the five receives that the queue allows (maxReceiveCount), the last two are for trouble with SQS itself.
_KEEP_FROM, _KEPT_AGAIN_S = 4, 15


@dataclass(slots=True)
class OtherWorker:
    """Lives as long as the function's process."""

    batch: Worker
    instances: Instances
    worker: InstanceWorker
    retiring: Retiring
    histories: Histories
    endings: Endings
    written: dict[tuple[str, str], float] = field(default_factory=dict)

    @staticmethod
    def of(batch: Worker) -> OtherWorker:
        """Share the clients that are there already."""
        dynamodb, table = batch.tallies.dynamodb, batch.tallies.table
        instances = Instances(batch.aws.ecs, Whereabouts(dynamodb, table))
        tasks = InstanceTasks(batch.aws.ecs)
        endings = Endings.of(batch.events, dynamodb, table)
        planned = Planned(Remembered(dynamodb, table, "retirements"))
        incidents = OpenIncidents.of(batch.events, tasks, dynamodb, table)
        worker = InstanceWorker(
            batch.aws,
            instances,
            tasks,
            Holding(Hooks(), tasks, incidents, Taken(Remembered(dynamodb, table, "taken"))),
            batch.sqs,
            batch.queue_url,
            Leaving(batch.aws, batch.sqs, batch.queue_url, batch.record, batch.schedule),
            batch.rebalance,
        )
        return OtherWorker(
            batch,
            instances,
            worker,
            Retiring(batch.aws, batch.events, instances, tasks, planned, endings),
            Histories(dynamodb, table),
            endings,
        )

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        others = sort_others(messages, (self.batch.account, self.batch.region), now)
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
            if self._try(look, {message.id}) and not self._is_kept(message, watched, now):
                failed.add(message.id)
        for same in _pages(others.retirements):
            retire = _retiring(self.retiring, merge(retirement for _, retirement in same), now)
            failed |= self._try(retire, {message_id for message_id, _ in same})
        for message_id, leave in others.leaves:
            failed |= self._try(_leaving(self.worker, leave), {message_id})
        if others.ticks:
            failed |= self._try(lambda: self._tick(now), set(others.ticks))
        return failed

    def _tick(self, now: float) -> set[str]:
        """Every hour: stop what is due, close what is over, see whether ECS's own draining got worse."""
        self.retiring.stop_due(now)
        self.worker.holding.incidents.close_stops(now)
        self.worker.holding.taken.forget(now)
        self.endings.close_retirements(self.retiring.asked, now)
        self.endings.close_stuck(self.batch.aws, now)
        compared = compare(self.histories.since(now - RECENT_S - BASELINE_S), now)
        self.endings.compare_native(compared, now)
        return set()

    def _remember(self, others: Others, now: float) -> set[str]:
        """Where instances are registered, unless this process has written it lately."""
        if len(self.written) > _MAX_REMEMBERED:
            self.written.clear()
        new = {
            (found.instance_id, found.arn): found
            for _, found in others.registered
            if now - self.written.get((found.instance_id, found.arn), -1e12) > _REMEMBER_S
        }
        answers = run_all(
            [_remembering(self.instances.whereabouts, found, now) for found in new.values()]
        )
        lost = set()
        for key, answer in zip(new, answers, strict=True):
            if isinstance(answer, Exception):
                logger.warning("instance not remembered", instance=key[0], reason=str(answer))
                lost.add(key)
            else:
                self.written[key] = now
        return {i for i, f in others.registered if (f.instance_id, f.arn) in lost}

    def _is_kept(self, message: Message, watched: Sequence[Watched], now: float) -> bool:
        """Whether a watch goes on in a message of its own: its instances may have to be held for hours.

        The queue gives a message up after a few receives, which is right for notices of two minutes.
        """
        if message.receive_count < _KEEP_FROM or now >= max(each.until for each in watched):
            return False
        try:
            send_later(self.batch.sqs, self.batch.queue_url, [message.body], _KEPT_AGAIN_S)
        except CALL_ERRORS as error:
            logger.error("watch not kept", message_id=message.id, reason=str(error))
            return False
        return True

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


def _pages(arrived: Sequence[tuple[str, Retirement]]) -> list[list[tuple[str, Retirement]]]:
    """Together what says the same of one notice; two of one time would hide each other."""
    same: dict[tuple[object, ...], list[tuple[str, Retirement]]] = {}
    for message_id, one in arrived:
        same.setdefault((one.key, one.at, one.is_closed), []).append((message_id, one))
    return list(same.values())


def _leaving(worker: InstanceWorker, leave: Leave) -> Callable[[], None]:
    return lambda: worker.leaving.again(leave)


def _retiring(retiring: Retiring, retirement: Retirement, now: float) -> Callable[[], None]:
    return lambda: retiring.announce(retirement, now)


def _remembering(whereabouts: Whereabouts, found: Found, now: float) -> Callable[[], None]:
    return lambda: whereabouts.remember(found, now)
