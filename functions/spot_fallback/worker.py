"""A batch from the queue becomes one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecsops.discovery import Discovery
from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger
from ecsops.queue import Message
from spot_fallback.aws import Found
from spot_fallback.look import Looker
from spot_fallback.messages import Due, read_batch
from spot_fallback.shadow import SUFFIX
from spot_fallback.sweep import Sweeper


@dataclass(slots=True)
class Worker:
    """Lives as long as the function's process."""

    looker: Looker
    sweeper: Sweeper
    discovery: Discovery[Found]
    off: bool = False

    def work(self, messages: Sequence[Message], now: float) -> set[str]:
        """Look; the ids of the messages to be tried again.

        What failed in a tick is looked at by the next one; an event's service is tried again.
        """
        due = read_batch(messages, now)
        if self.off:
            return set(due.rejected)
        try:
            failed = self._look(due, now)
        except CALL_ERRORS as error:
            count("TickFailures")
            logger.exception("look failed", reason=str(error))
            return {message.id for message in messages}
        if failed and not due.everything:
            return {message.id for message in messages}
        return set(due.rejected)

    def _look(self, due: Due, now: float) -> list[str]:
        named = {_primary(failure.service) for failure in due.failures}
        if not due.everything:
            if not named:
                return []
            return self.looker.look(sorted(named), due.failures, now, tick=False)
        found = self.discovery.services(now)
        failed = self.looker.look(sorted({*found.primaries, *named}), due.failures, now)
        return failed + self.sweeper.sweep(found.shadows, now)


def _primary(service: str) -> str:
    """A cover's own failure is its primary's business."""
    return service.removesuffix(SUFFIX)
