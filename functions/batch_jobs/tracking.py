"""Events of tasks: ours become ends of attempts, those of other people's schedules a history of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from batch_jobs.endings import Endings, ending_of
from batch_jobs.foreign import Foreign, is_foreign
from batch_jobs.ids import AttemptId, attempt_of
from batch_jobs.replacing import Replacing
from batch_jobs.stopped import of_event
from batch_jobs.verdict import Kind
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.events import cloudtrail, task_state
from ecsops.events.cloudtrail import ApiCall
from ecsops.events.envelope import parse_event, read_detail
from ecsops.events.task_state import TaskStateChange
from ecsops.observability import count, logger
from ecsops.queue import Message


@dataclass(slots=True)
class _Batch:
    """A batch by what each message is about."""

    stopped: list[tuple[str, AttemptId, TaskStateChange]] = field(default_factory=list)
    warned: list[tuple[str, AttemptId, TaskStateChange]] = field(default_factory=list)
    foreign: list[tuple[str, TaskStateChange]] = field(default_factory=list)
    calls: list[tuple[str, ApiCall, str, float | None]] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Tracker:
    """Works on batches of events."""

    endings: Endings
    replacing: Replacing
    foreign: Foreign

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Work on all messages; the ids of those to be tried again."""
        batch = _sort(messages)
        failed = set(batch.rejected)
        try:
            self._record(batch, now)
        except CALL_ERRORS as error:
            logger.exception("ends of tasks not recorded", reason=str(error))
            failed |= {message_id for message_id, _, _ in (*batch.stopped, *batch.warned)}
        acts: list[tuple[str, Callable[[], None]]] = [
            *((id_, partial(self.foreign.task, task, now)) for id_, task in batch.foreign),
            *(
                (id_, partial(self.foreign.call, call, event_id, at, now))
                for id_, call, event_id, at in batch.calls
            ),
        ]
        for message_id, act in acts:
            try:
                act()
            except CALL_ERRORS as error:
                logger.exception("event of another's task not recorded", reason=str(error))
                failed.add(message_id)
        return failed

    def _record(self, batch: _Batch, now: float) -> None:
        runs = {id_.run for _, id_, _ in (*batch.stopped, *batch.warned)}
        plans = self.endings.plans.get(runs)
        endings = [
            ending_of(plans[id_.run], id_, of_event(task), now)
            for _, id_, task in batch.stopped
            if id_.run in plans
        ]
        unknown = runs - plans.keys()
        if unknown:
            logger.warning("tasks of runs that nobody knows", runs=sorted(unknown)[:10])
        for one in endings:
            if one.verdict.kind is Kind.INTERRUPTED:
                count("TasksInterrupted")
            if one.verdict.unknown:
                logger.warning(
                    "not met before",
                    run=one.id.run,
                    shard=one.id.shard,
                    verdict=one.verdict.cause,
                    reason=one.verdict.reason,
                    stop_code=one.verdict.stop_code,
                )
        self.endings.record(endings, now)
        for _, id_, _ in batch.warned:
            if id_.run in plans:
                self.replacing.warned(plans[id_.run], id_, now)


def _sort(messages: Sequence[Message]) -> _Batch:
    batch = _Batch()
    for message in messages:
        try:
            _sort_one(batch, message)
        except InvalidMessage as error:
            count("RejectedMessages")
            logger.error(
                "message rejected", path=error.path, reason=error.problem, message_id=message.id
            )
            batch.rejected.add(message.id)
    return batch


def _sort_one(batch: _Batch, message: Message) -> None:
    event = parse_event(message.body)
    if event.detail_type == cloudtrail.DETAIL_TYPE:
        call = read_detail(event, ApiCall)
        batch.calls.append((message.id, call, event.id or message.id, event.occurred_at()))
        return
    if event.detail_type != task_state.DETAIL_TYPE:
        raise InvalidMessage(
            "$.detail-type", f"no event for batch jobs: {event.detail_type[:80]!r}"
        )
    task = read_detail(event, TaskStateChange)
    id_ = attempt_of(task.started_by)
    if id_ is None:
        if is_foreign(task.started_by) and task.last_status == "STOPPED":
            batch.foreign.append((message.id, task))
    elif task.last_status == "STOPPED":
        of_event(task)
        batch.stopped.append((message.id, id_, task))
    elif task.is_spot_interruption:
        batch.warned.append((message.id, id_, task))
