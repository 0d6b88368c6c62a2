"""Where what a look at a service leaves goes to: alerts, our own later looks, the audit, orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from deploy_guard import order, signals
from deploy_guard.audit import Audit
from deploy_guard.scene import Visited
from deploy_guard.schedules import Schedules
from deploy_guard.telling import tell
from ecsops import alerts
from ecsops.errors import CALL_ERRORS
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue import send_later

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Senders:
    """Sends what looks leave. Whatever is sent twice changes nothing: see observer.py."""

    events: EventBridgeClient
    sqs: SQSClient
    queue_url: str
    orders_url: str
    schedules: Schedules
    audit: Audit

    def tell(self, visited: Mapping[str, Visited]) -> set[str]:
        """Send everything but orders, side by side; the services of which something was not taken."""
        sending: list[tuple[str, Callable[[], None]]] = []
        for one, v in visited.items():
            calls: list[Callable[[], None]] = [partial(self._note, v)] if v.outbox.notes else []
            if v.outbox.stories:
                # A call for each service: one alert that is not taken holds back no other service's.
                calls.append(partial(self._publish, v))
            for delay_s, look in v.outbox.wakes:
                bodies = [signals.encode(look)]
                calls.append(partial(send_later, self.sqs, self.queue_url, bodies, delay_s))
            for moment, look in v.outbox.schedules:
                calls.append(partial(self.schedules.send_at, moment, signals.encode(look)))
            sending += [(one, call) for call in calls]
        unsent: set[str] = set()
        answers = run_all([call for _, call in sending])
        for (service, _), answer in zip(sending, answers, strict=True):
            if isinstance(answer, CALL_ERRORS):
                logger.error("not sent", service=service, reason=str(answer))
                unsent.add(service)
            elif isinstance(answer, Exception):
                logger.error("not sent", service=service, exc_info=answer)
                unsent.add(service)
        return unsent

    def order(self, visited: Mapping[str, Visited]) -> None:
        """Ask the executor. What is not taken is asked again by a later look."""
        orders = [one for v in visited.values() for one in v.outbox.orders]
        if not orders:
            return
        count("RollbacksOrdered", len(orders))
        try:
            bodies = [order.encode(one) for one in orders]
            send_later(self.sqs, self.orders_url, bodies, 0)
        except CALL_ERRORS as error:
            services = [one.service for one in orders]
            logger.error("orders not sent", services=services, reason=str(error))

    def _publish(self, visited: Visited) -> None:
        alerts.publish(self.events, [tell(story) for story in visited.outbox.stories])

    def _note(self, visited: Visited) -> None:
        for row in visited.outbox.notes:
            self.audit.note(row, f"{row.deployment}#observed")
