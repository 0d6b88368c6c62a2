"""The account's SQS queues as other AWS services see them.

The messages themselves live in moto, where boto3 finds them as well; this module adds what moto's
API cannot tell: when a message becomes visible, and that one has arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

if TYPE_CHECKING:
    import threading

    from sandbox.clock import Clock

MILLISECOND = 0.001

Arrival = Callable[[str, float], None]  # queue ARN, when something becomes visible
Redriven = Callable[[str, Message], None]


class Queues:
    """The queues of one account and Region."""

    def __init__(self, clock: Clock, account: str, region: str) -> None:
        """Look at moto's queues; nothing is copied."""
        self._clock = clock
        self._backend: SQSBackend = sqs_backends[account][region]
        self._listeners: dict[str, list[Arrival]] = {}
        self._watched: set[str] = set()
        self._on_redrive: list[Redriven] = []
        self._watch_visibility_changes()

    def find(self, arn: str) -> Queue | None:
        """The queue with this ARN, or None."""
        queue = self._backend.queues.get(arn.rpartition(":")[2])
        return queue if queue is not None and queue.queue_arn == arn else None

    def arn_of(self, url: str) -> str:
        """The ARN behind a queue URL."""
        return str(self._backend.get_queue(url.rpartition("/")[2]).queue_arn)

    def send(
        self,
        arn: str,
        body: str,
        attributes: dict[str, str] | None = None,
        group: str | None = None,
    ) -> str:
        """Put a message on a queue; give its id."""
        message = self._backend.send_message(
            arn.rpartition(":")[2],
            body,
            message_attributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in (attributes or {}).items()
            },
            group_id=group,
            validate_group_id=False,
        )
        return str(message.id)

    def receive(self, arn: str, count: int) -> list[Message]:
        """Take up to ``count`` messages, as ReceiveMessage with the queue's own timeout does."""
        queue = self._queue(arn)
        with _lock(queue):
            return list(
                self._backend.receive_message(
                    queue.name, count, 0, queue.visibility_timeout, message_attribute_names=["All"]
                )
            )

    def delete(self, arn: str, messages: list[Message]) -> None:
        """Delete messages that were received, in one pass over the queue."""
        queue = self._queue(arn)
        ids = {message.id for message in messages}
        with _lock(queue):
            for message in [kept for kept in _held(queue) if kept.id in ids]:
                queue.pending_messages.discard(message)
                queue.deleted_messages.update(message.all_receipt_handles)
            _held(queue)[:] = [message for message in _held(queue) if message.id not in ids]

    def next_visible_at(self, arn: str) -> float | None:
        """When the next message can be received; None when the queue holds none."""
        times = [_visible_at(message) for message in list(_held(self._queue(arn)))]
        return min(times, default=None)

    def held(self, arn: str) -> int:
        """How many messages the queue holds, visible or not."""
        return len(_held(self._queue(arn)))

    def listen(self, arn: str, arrival: Arrival) -> None:
        """Call ``arrival`` whenever a message is added to the queue or its visibility changes."""
        self._listeners.setdefault(arn, []).append(arrival)
        self.watch(arn)

    def on_redrive(self, callback: Redriven) -> None:
        """Call ``callback`` with queue ARN and message when SQS moves one to a dead-letter queue."""
        self._on_redrive.append(callback)

    def watch(self, arn: str) -> None:
        """Notice what arrives on this queue, whoever sends it."""
        if arn in self._watched:
            return
        self._watched.add(arn)
        queue = self._queue(arn)
        add_message = queue.add_message

        def add(message: Message) -> None:
            add_message(message)
            if message.approximate_receive_count:
                for redriven in self._on_redrive:
                    redriven(arn, message)
            self._tell(arn, _visible_at(message))

        queue.add_message = add

    def _watch_visibility_changes(self) -> None:
        change = self._backend.change_message_visibility

        def changed(queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
            change(queue_name, receipt_handle, visibility_timeout)
            arn = self._backend.get_queue(queue_name).queue_arn
            self._tell(arn, self._clock.now() + visibility_timeout + MILLISECOND)

        self._backend.change_message_visibility = changed

    def _tell(self, arn: str, when: float) -> None:
        for arrival in self._listeners.get(arn, []):
            arrival(arn, when)

    def _queue(self, arn: str) -> Queue:
        return self._backend.get_queue(arn.rpartition(":")[2])


def _held(queue: Queue) -> list[Message]:
    """Every message that the queue holds, visible or not; moto has no public name for it."""
    return cast("list[Message]", queue._messages)  # noqa: SLF001


def _lock(queue: Queue) -> threading.Condition:
    return cast("threading.Condition", queue._messages_lock)  # noqa: SLF001


def _visible_at(message: Message) -> float:
    # moto shows a message strictly after its visibility timeout, so look one millisecond later.
    invisible_until = message.visible_at + 1 if message.visible_at else 0.0
    return float(max(invisible_until, message.delayed_until)) / 1000
