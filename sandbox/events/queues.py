"""The account's SQS queues as other AWS services see them.

The messages themselves live in moto, where boto3 finds them as well; this module adds what moto's
API cannot tell: when a message becomes visible, and that one has arrived.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from moto.moto_api._internal import mock_random
from moto.sqs import models
from moto.sqs.models import Message

from sandbox.events.account_queue import account_queue

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sandbox.clock import Clock

MILLISECOND = 0.001

Arrival = Callable[[str, float], None]  # queue ARN, when something becomes visible
Redriven = Callable[[str, Message], None]


class Queues:
    """The queues of one account and Region."""

    def __init__(
        self, clock: Clock, account: str, region: str, lock: AbstractContextManager[Any]
    ) -> None:
        """``lock`` is the one under which moto answers calls."""
        self._clock = clock
        self._lock = lock
        self._backend = models.sqs_backends[account][region]
        self._listeners: dict[str, list[Arrival]] = {}
        self._on_redrive: list[Redriven] = []

    @contextlib.contextmanager
    def observed(self) -> Iterator[None]:
        """Notice what arrives on the queues that are made meanwhile, whoever sends it."""
        change = self._backend.change_message_visibility

        def changed(queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
            change(queue_name, receipt_handle, visibility_timeout)
            visible = self._clock.now() + visibility_timeout + MILLISECOND
            self._tell(self._backend.get_queue(queue_name).queue_arn, visible)

        with (
            patch.object(models, "Queue", account_queue(self._added)),
            patch.object(self._backend, "change_message_visibility", changed),
        ):
            yield

    def find(self, arn: str) -> Any:
        """The queue with this ARN, or None."""
        queue = self._backend.queues.get(arn.rpartition(":")[2])
        return queue if queue is not None and queue.queue_arn == arn else None

    def send(
        self,
        arn: str,
        body: str,
        attributes: dict[str, str] | None = None,
        group: str | None = None,
    ) -> str:
        """Put a message on a queue; give its id."""
        message = Message(str(mock_random.uuid4()), body)
        message.group_id = group
        shaped = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        }
        with self._lock:
            self._queue(arn).enqueue(message, shaped)
        return str(message.id)

    def receive(self, arn: str, count: int) -> list[Message]:
        """Take up to ``count`` messages, as ReceiveMessage with the queue's own timeout does."""
        with self._lock:
            queue = self._queue(arn)
            return list(
                self._backend.receive_message(
                    queue.name, count, 0, queue.visibility_timeout, message_attribute_names=["All"]
                )
            )

    def delete(self, arn: str, messages: list[Message]) -> None:
        """Delete messages that were received."""
        with self._lock:
            self._queue(arn).take({message.id for message in messages})

    def next_visible_at(self, arn: str) -> float | None:
        """When the next message can be received; None when the queue holds none."""
        return min((_visible_at(message) for message in self._queue(arn).held()), default=None)

    def held(self, arn: str) -> int:
        """How many messages the queue holds, visible or not."""
        return len(self._queue(arn).held())

    def listen(self, arn: str, arrival: Arrival) -> None:
        """Call ``arrival`` whenever a message is added to the queue or its visibility changes."""
        self._listeners.setdefault(arn, []).append(arrival)

    def on_redrive(self, callback: Redriven) -> None:
        """Call ``callback`` with queue ARN and message when SQS moves one to a dead-letter queue."""
        self._on_redrive.append(callback)

    def _added(self, arn: str, message: Message) -> None:
        # Only SQS itself moves a message that has been received already.
        if message.approximate_receive_count:
            for redriven in self._on_redrive:
                redriven(arn, message)
        self._tell(arn, _visible_at(message))

    def _tell(self, arn: str, when: float) -> None:
        for arrival in self._listeners.get(arn, []):
            arrival(arn, when)

    def _queue(self, arn: str) -> Any:
        return self._backend.get_queue(arn.rpartition(":")[2])


def _visible_at(message: Message) -> float:
    # moto shows a message strictly after its visibility timeout, so look one millisecond later.
    invisible_until = message.visible_at + 1 if message.visible_at else 0.0
    return float(max(invisible_until, message.delayed_until)) / 1000
