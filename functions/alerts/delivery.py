"""Each alert to the topic once for the reader: a claim per incident and stage."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.render import body, subject
from ecsops.alerts import DETAIL_TYPE, Alert
from ecsops.claims import Claim, Claims
from ecsops.errors import CALL_ERRORS, InvalidMessage
from ecsops.events.envelope import parse_event, read_detail
from ecsops.observability import count, logger
from ecsops.queue import Message

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Longer than the function may run: nobody else sends what is being sent.
_LEASE_S = 60
_KEEP_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers to one SNS topic."""

    sns: SNSClient
    claims: Claims
    topic_arn: str

    def deliver(self, messages: Sequence[Message], now: float) -> set[str]:
        """Deliver every alert; the ids of the messages to be tried again."""
        failed = set()
        for message in messages:
            try:
                if not self._deliver(_alert_of(message), now):
                    failed.add(message.id)
            except InvalidMessage as error:
                count("RejectedMessages")
                logger.error("message rejected", path=error.path, reason=error.problem)
                failed.add(message.id)
            except CALL_ERRORS as error:
                logger.exception("alert not delivered", reason=str(error))
                failed.add(message.id)
        return failed

    def _deliver(self, alert: Alert, now: float) -> bool:
        """Claim, send, complete; False while somebody else is sending it, who may yet fail.

        Should the process die after sending, the alert is sent once more when the lease has ended.
        """
        key, owner = f"{alert.incident}#{alert.stage}", uuid.uuid4().hex
        claim = self.claims.acquire(key, owner, now=now, lease_s=_LEASE_S, keep_s=_KEEP_S)
        if claim is not Claim.TAKEN:
            count("DuplicateAlerts")
            return claim is Claim.DONE
        try:
            self.sns.publish(TopicArn=self.topic_arn, Subject=subject(alert), Message=body(alert))
        except CALL_ERRORS:
            self.claims.release(key, owner)
            raise
        self.claims.complete(key, owner)
        count("AlertsDelivered")
        return True


def _alert_of(message: Message) -> Alert:
    event = parse_event(message.body)
    if event.detail_type != DETAIL_TYPE:
        raise InvalidMessage("$.detail-type", f"expected {DETAIL_TYPE!r}")
    return read_detail(event, Alert)
