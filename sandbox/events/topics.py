"""Topics as other AWS services publish to them: their queues, each with what its own policy says.

moto delivers to every subscribed queue; SNS only where the queue's policy lets it
(https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.events.resource_policy import ServiceRequest, allows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.events.queues import Queues


def notify(
    queues: Queues, topic_arn: str, subscriptions: Iterable[Mapping[str, Any]], body: str
) -> None:
    """Put a message of a topic on the queues that are subscribed to it and let SNS in."""
    account = topic_arn.split(":")[4]
    for subscription in subscriptions:
        arn = subscription["Endpoint"]
        queue = queues.find(arn) if subscription["Protocol"] == "sqs" else None
        request = ServiceRequest("sns.amazonaws.com", "sqs:SendMessage", arn, topic_arn, account)
        if queue and allows(json.loads(queue.policy) if queue.policy else None, request):
            queues.send(arn, _notification(topic_arn, body))


def _notification(topic_arn: str, body: str) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": str(uuid5(NAMESPACE_URL, topic_arn + body)),
            "TopicArn": topic_arn,
            "Message": body,
            "SignatureVersion": "1",
        }
    )
