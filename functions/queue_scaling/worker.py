"""A batch from the queue becomes one tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger
from ecsops.queue import Message, send_later
from queue_scaling.messages import between, read_batch
from queue_scaling.tick import Ticker

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(slots=True)
class Worker:
    """Lives as long as the function's process."""

    ticker: Ticker
    sqs: SQSClient
    queue_url: str
    off: bool = False

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Tick; the ids of the messages to be tried again.

        A tick that failed is tried again once the message is visible again, unless the next one has
        come by then.
        """
        due = read_batch(messages, now)
        if self.off or due.kind == "nothing":
            return set(due.rejected)
        try:
            if due.kind == "between":
                self.ticker.tick_between(now)
            elif self.ticker.tick(now):
                for delay, body in between(now):
                    send_later(self.sqs, self.queue_url, [body], delay)
        except CALL_ERRORS as error:
            count("TickFailures")
            logger.exception("tick failed", reason=str(error))
            return {message.id for message in messages}
        return set(due.rejected)
