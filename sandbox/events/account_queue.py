"""moto's queue, made fit for storms and for observation.

moto asks the clock twice per message for every message of a queue, several times per call: a thousand
messages take minutes. This class answers the same in one pass, and says when a message arrives.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from moto.core.utils import camelcase_to_underscores, unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue

Added = Callable[[str, Message], None]
COUNTS = {
    "ApproximateNumberOfMessages": "approximate_number_of_messages",
    "ApproximateNumberOfMessagesDelayed": "approximate_number_of_messages_delayed",
    "ApproximateNumberOfMessagesNotVisible": "approximate_number_of_messages_not_visible",
}


def account_queue(added: Added) -> type[Queue]:
    """A class of queues that call ``added`` with their ARN and every message that is put on them."""
    return type("AccountQueue", (AccountQueue,), {"added": staticmethod(added)})


class AccountQueue(Queue):  # type: ignore[misc]  # moto is not typed
    """A queue of the account."""

    added: Added

    @property
    def messages(self) -> list[Message]:
        """What can be received now."""
        now = unix_time_millis()
        return [each for each in self.held() if _receivable(each, now)]

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        """How many wait for their delay to end."""
        now = unix_time_millis()
        return sum(now < each.delayed_until for each in self.held())

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        """How many are in flight."""
        now = unix_time_millis()
        return sum(now <= each.visible_at for each in self.held())

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the queue; what has to be counted is counted when it is read."""
        return _Attributes(self, self._settings())

    def add_message(self, message: Message) -> None:
        """Put a message on the queue, and tell."""
        super().add_message(message)
        self.added(self.queue_arn, message)

    def delete_message(self, receipt_handle: str) -> None:
        """Delete by any handle that the message ever had, as moto does."""
        if receipt_handle in self.deleted_messages:
            return
        with self._messages_lock:
            for position, message in enumerate(self._messages):
                if message.had_receipt_handle(receipt_handle):
                    self._forget([position])
                    return
        raise ReceiptHandleIsInvalid

    def held(self) -> list[Message]:
        """Every message, visible or not."""
        return list(self._messages)

    def enqueue(self, message: Message, attributes: dict[str, Any]) -> None:
        """Take a message from another AWS service, which does not pass through the API."""
        message.message_attributes = attributes
        message.mark_sent(delay_seconds=self.delay_seconds)
        self.add_message(message)

    def take(self, ids: set[str]) -> None:
        """Delete the messages with these ids in one pass."""
        with self._messages_lock:
            self._forget([n for n, each in enumerate(self._messages) if each.id in ids])

    def _forget(self, positions: list[int]) -> None:
        for position in reversed(positions):
            message = self._messages.pop(position)
            self.pending_messages.discard(message)
            self.deleted_messages.update(message.all_receipt_handles)

    def _settings(self) -> dict[str, Any]:
        """Everything that does not have to be counted."""
        given: dict[str, Any] = {}
        for name in [*self.BASE_ATTRIBUTES, *(self.FIFO_ATTRIBUTES if self.fifo_queue else ())]:
            if name not in COUNTS:
                value = getattr(self, _underscored(name))
                given[name] = str(value).lower() if isinstance(value, bool) else value
        if self.redrive_policy:
            given["RedrivePolicy"] = json.dumps(self.redrive_policy)
        return given


class _Attributes(dict[str, Any]):
    """A queue's attributes by name."""

    def __init__(self, queue: AccountQueue, settings: dict[str, Any]) -> None:
        super().__init__(dict.fromkeys(COUNTS) | settings)
        self._queue = queue

    def __getitem__(self, name: str) -> Any:
        return self._value(name, super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        return self._value(name, super().get(name, default))

    def items(self) -> Any:
        return {name: self._value(name, kept) for name, kept in super().items()}.items()

    def _value(self, name: str, kept: Any) -> Any:
        return getattr(self._queue, COUNTS[name]) if name in COUNTS else kept


@functools.cache
def _underscored(name: str) -> str:
    return str(camelcase_to_underscores(name))


def _receivable(message: Message, now: float) -> bool:
    return bool(now > message.visible_at and now >= message.delayed_until)
