"""What the messages of the executor's queue come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy_guard import order
from deploy_guard.executor import Executor, Held, Later
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.observability import count, logger
from ecsops.queue import Message, send_later

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MOST_PATIENCE_S = 900
_LEAST_PATIENCE_S = 5


@dataclass(frozen=True, slots=True)
class Orders:
    """Hands orders to the executor; what asks for patience comes again by way of the queue."""

    executor: Executor
    sqs: Callable[[], SQSClient]
    queue_url: str
    clock: Callable[[], float]

    def work(self, messages: Sequence[Message], run: str) -> set[str]:
        """Work on all messages; the ids of those to be tried again. ``run`` names the invocation."""
        return {message.id for message in messages if not self._done(message, run)}

    def _done(self, message: Message, run: str) -> bool:
        try:
            given = order.read(message.body)
            self.executor.execute(
                given, f"{run}-{message.id}"[:80], again=message.receive_count > 1
            )
        except Later as later:
            return self._put_off(message, later)
        except InvalidMessage as error:
            count("RejectedMessages")
            logger.error(
                "message rejected", path=error.path, reason=error.problem, message_id=message.id
            )
            return False
        except Held as error:
            logger.info("order held", reason=str(error), message_id=message.id)
            return False
        except CALL_ERRORS as error:
            logger.exception("order not carried out", reason=str(error), message_id=message.id)
            return False
        return True

    def _put_off(self, message: Message, later: Later) -> bool:
        delay = min(max(round(later.until - self.clock()), _LEAST_PATIENCE_S), _MOST_PATIENCE_S)
        try:
            send_later(self.sqs(), self.queue_url, [message.body], delay)
        except CALL_ERRORS as error:
            logger.exception("order not put off", reason=str(error), message_id=message.id)
            return False
        return True
