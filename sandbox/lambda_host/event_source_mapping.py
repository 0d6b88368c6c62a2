"""Moves messages from an SQS queue to a function, as Lambda's pollers do.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

Nothing polls: the agenda wakes the mapping when a message becomes visible.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.lambda_host.batch_response import failed_ids
from sandbox.lambda_host.sqs_record import Record, SqsFilter, record_of

if TYPE_CHECKING:
    from moto.sqs.models import Message

    from sandbox.clock import Appointment
    from sandbox.lambda_host.dispatch import Dispatch
    from sandbox.lambda_host.invocation import Invocation

BATCH_BYTES = 6 * 1024 * 1024
RECEIVE_AT_MOST = 10
FIRST_CONCURRENCY = 5
CONCURRENCY_PER_S = 5  # "up to 300 more instances per minute"
CONCURRENCY_AT_MOST = 1000
# "If you're using a batch window and your SQS queue contains very low traffic, Lambda might wait for
# up to 20 seconds before invoking your function. This is true even if you set a batch window lower
# than 20 seconds." (services-sqs-configure)
LOW_TRAFFIC_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """The properties of AWS::Lambda::EventSourceMapping for a queue."""

    uuid: str
    queue_arn: str
    function: str
    batch_size: int = 10
    batching_window_s: int = 0
    maximum_concurrency: int | None = None
    partial_failures: bool = False
    filters: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(slots=True)
class _Batch:
    began: float
    messages: list[Message] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    bytes: int = 0

    def full(self, batch_size: int) -> bool:
        """Whether it must go now."""
        return len(self.records) >= batch_size or self.bytes >= BATCH_BYTES


class EventSourceMapping:
    """One queue, one function."""

    def __init__(
        self,
        settings: MappingSettings,
        dispatch: Dispatch,
        *,
        worst_case_window: bool = True,
    ) -> None:
        """Start listening to the queue; without the worst case, batching windows are as short as set."""
        self.settings = settings
        self._in = dispatch
        self._clock = dispatch.clock
        self._queues = dispatch.queues
        self._filter = SqsFilter(list(settings.filters))
        self._lock = threading.RLock()
        self._wake_lock = threading.Lock()
        self._running = 0
        self._busy_since: float | None = None
        self._gathering: _Batch | None = None
        self._left_over: deque[tuple[Message, Record]] = deque()  # received, not yet in a batch
        self._wake: Appointment | None = None
        window = float(settings.batching_window_s)
        self._window_s = max(window, LOW_TRAFFIC_WAIT_S) if window and worst_case_window else window
        self._ceiling = settings.maximum_concurrency or CONCURRENCY_AT_MOST
        self._closed = not settings.enabled
        if settings.enabled:
            dispatch.queues.listen(settings.queue_arn, self._arrived)
            self._sleep()

    def close(self) -> None:
        """Stop taking messages."""
        with self._lock:
            self._closed = True

    @property
    def running(self) -> int:
        """Batches in flight."""
        return self._running

    def describe(self) -> dict[str, Any]:
        """The shape of GetEventSourceMapping."""
        settings = self.settings
        return {
            "UUID": settings.uuid,
            "EventSourceArn": settings.queue_arn,
            "FunctionArn": settings.function,
            "BatchSize": settings.batch_size,
            "MaximumBatchingWindowInSeconds": settings.batching_window_s,
            "State": "Enabled" if settings.enabled else "Disabled",
            "FunctionResponseTypes": ["ReportBatchItemFailures"]
            if settings.partial_failures
            else [],
        }

    def _arrived(self, _queue: str, when: float) -> None:
        self._wake_at(when)

    def _wake_at(self, when: float) -> None:
        # A message arrives while SQS is locked, so this must not wait for a poll that wants SQS.
        with self._wake_lock:
            pending = self._wake
            if self._closed or (pending and not pending.cancelled and pending.when <= when):
                return
            if pending:
                pending.cancel()
            label = f"poll {self.settings.queue_arn.rpartition(':')[2]}"
            self._wake = self._clock.call_at(when, self._poll, label=label)

    def _sleep(self) -> None:
        """Wake again when the next message can be seen, or the batching window ends."""
        times = [self._queues.next_visible_at(self.settings.queue_arn)]
        if self._gathering:
            times.append(self._gathering.began + self._window_s)
        due = [when for when in times if when is not None]
        if due:
            # A poll has just found nothing: looking again at the same instant could not find more.
            self._wake_at(max(min(due), self._clock.now() + 0.001))

    def _poll(self) -> None:
        with self._wake_lock:
            self._wake = None
        with self._lock:
            while not self._closed and self._running < self._concurrency():
                batch = self._next_batch()
                if batch is None:
                    break
                self._running += 1
                self._in.start(lambda batch=batch: self._run(batch))  # type: ignore[misc]
            else:
                # A batch that completes wakes the mapping; so does the growth of its concurrency.
                if self._running < self._ceiling:
                    self._wake_at(self._clock.now() + 1)
                return
            if self._running == 0 and self._gathering is None:
                self._busy_since = None
            self._sleep()

    def _concurrency(self) -> int:
        if self._busy_since is None:
            self._busy_since = self._clock.now()
        grown = FIRST_CONCURRENCY + int((self._clock.now() - self._busy_since) * CONCURRENCY_PER_S)
        return min(grown, self._ceiling)

    def _next_batch(self) -> _Batch | None:
        batch = self._gathering or _Batch(self._clock.now())
        self._gathering = None
        self._fill(batch)
        while not batch.full(self.settings.batch_size) and not self._left_over:
            wanted = min(RECEIVE_AT_MOST, self.settings.batch_size - len(batch.records))
            messages = self._queues.receive(self.settings.queue_arn, wanted)
            if not messages:
                break
            self._left_over.extend(self._wanted(messages))
            self._fill(batch)
        if not batch.records:
            return None
        complete = batch.full(self.settings.batch_size) or bool(self._left_over)
        if complete or self._clock.now() >= batch.began + self._window_s:
            return batch
        self._gathering = batch
        return None

    def _wanted(self, messages: list[Message]) -> list[tuple[Message, Record]]:
        """Shape the messages; those that the filters refuse are deleted unseen."""
        shaped = [(message, record_of(message, self.settings.queue_arn)) for message in messages]
        accepted = [pair for pair in shaped if self._filter.accepts(pair[1])]
        ids = {message.id for message, _ in accepted}
        unwanted = [message for message in messages if message.id not in ids]
        if unwanted:
            self._queues.delete(self.settings.queue_arn, unwanted)
        return accepted

    def _fill(self, batch: _Batch) -> None:
        """Take what fits; the rest of what was received goes with the next batch."""
        while self._left_over and not batch.full(self.settings.batch_size):
            message, record = self._left_over[0]
            size = len(json.dumps(record))
            if batch.records and batch.bytes + size > BATCH_BYTES:
                break
            self._left_over.popleft()
            batch.messages.append(message)
            batch.records.append(record)
            batch.bytes += size

    def _run(self, batch: _Batch) -> None:
        try:
            invocation = self._in.invoke(self.settings.function, {"Records": batch.records})
        except BaseException:
            self._finished()
            raise
        # In virtual time the handler has run already, but its calls took time: the batch ends then.
        ended = invocation.started + invocation.duration_ms / 1000
        if ended > self._clock.now():
            self._clock.call_at(
                ended, lambda: self._complete(batch, invocation), label="batch done"
            )
        else:
            self._complete(batch, invocation)

    def _complete(self, batch: _Batch, invocation: Invocation) -> None:
        ids = {message.id for message in batch.messages}
        failed = ids
        if invocation.error is None:
            partial = self.settings.partial_failures
            failed = failed_ids(invocation.result, ids) if partial else set()
        done = [message for message in batch.messages if message.id not in failed]
        self._queues.delete(self.settings.queue_arn, done)
        self._in.trace.add(
            "state",
            what="batch",
            queue=self.settings.queue_arn,
            function=self.settings.function,
            messages=len(ids),
            failed=sorted(failed),
            request_id=invocation.request_id,
        )
        self._finished()

    def _finished(self) -> None:
        with self._lock:
            self._running -= 1
        self._wake_at(self._clock.now())
