"""SQS queues: their attributes, which are approximate and free of CloudWatch's delays.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from queue_scaling.reading import Reading
from queue_scaling.reference import Reference
from queue_scaling.sources.base import ClientOf, MetricQuery, Series, Unread, refused

_ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "DelaySeconds",
    "VisibilityTimeout",
)
# The query protocol's code, and that of JSON.
_GONE = (
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "QueueDeletedRecently",
)


@dataclass(frozen=True, slots=True)
class SqsQueue:
    """A queue of this account and Region."""

    reference: Reference
    account: str
    region: str

    def queries(self) -> Sequence[MetricQuery]:
        """None: attributes say it all."""
        return ()

    def call(self, client: ClientOf) -> Any:
        """GetQueueAttributes; the queue's URL needs no look-up, its host is the endpoint's."""
        sqs = client("sqs")
        url = f"{sqs.meta.endpoint_url}/{self.account}/{self.reference.name}"
        try:
            return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_ATTRIBUTES))
        except ClientError as error:
            found = error.response["Error"]
            code, message = found.get("Code", ""), found.get("Message", "")
            raise refused(self.reference, code, message, gone=_GONE) from error
        except BotoCoreError as error:
            raise Unread(f"{self.reference.text}: {error}") from error

    def reading(self, answer: Any, metrics: Mapping[MetricQuery, Series], now: float) -> Reading:
        """Missing data is an error, never zero: a queue that shows nothing is not empty."""
        del metrics
        attributes = answer.get("Attributes", {})
        try:
            visible, in_flight, delayed = (int(attributes[name]) for name in _ATTRIBUTES[:3])
        except (KeyError, ValueError) as error:
            raise Unread(f"{self.reference.text}: GetQueueAttributes lacks {error}") from error
        return Reading(
            at=now,
            visible=visible,
            in_flight=in_flight,
            delayed=delayed,
            delay_s=float(attributes.get("DelaySeconds", 0)),
            visibility_s=float(attributes.get("VisibilityTimeout", 0)) or None,
        )


def completed(reference: Reference) -> MetricQuery:
    """Messages deleted a minute: the only thing of a queue that is read from CloudWatch."""
    return _metric(reference, "NumberOfMessagesDeleted", "Sum")


def oldest(reference: Reference) -> MetricQuery:
    """The age of the oldest message, which no attribute tells."""
    return _metric(reference, "ApproximateAgeOfOldestMessage", "Maximum")


def _metric(reference: Reference, name: str, statistic: str) -> MetricQuery:
    return MetricQuery("AWS/SQS", name, (("QueueName", reference.name),), statistic)
