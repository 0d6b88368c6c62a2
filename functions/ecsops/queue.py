"""The queue door: a batch in, partial failures out, and the whole backlog taken in a storm.

Lambda hands over at most 10 messages at a time unless a batching window is set, and with a window it
may wait up to 20 seconds on a quiet queue, however short the window is
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). Twenty seconds are a sixth
of what an interrupted task has. So there is no window: a full batch means that there is more, and the
function takes the rest itself (docs/decisions/0002-take-the-backlog.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsops.errors import InvalidMessage, PublishFailed
from ecsops.parallel import chunks, parcels, run_all

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FULL_BATCH = 10
_FIRST_RECEIVERS, _MOST_RECEIVERS = 2, 8
_MAX_BACKLOG = 2000
# SQS takes 10 messages and 1 MiB a call; staying below the older 256 KiB works in every Region.
_MAX_SEND_BYTES = 240_000
_PER_CALL = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A queue message. ``receipt`` is set only for those that the function took itself.

    ``sent_at`` is in epoch seconds: the same, like the id, however often it is delivered.
    """

    id: str
    body: str
    receive_count: int = 1
    receipt: str | None = None
    sent_at: float | None = None


def messages_of(event: Mapping[str, Any]) -> list[Message]:
    """The messages of a Lambda invocation by an SQS event source mapping."""
    records = event.get("Records")
    if not isinstance(records, list):
        raise InvalidMessage("$.Records", "expected the records of an SQS event source mapping")
    return [
        Message(
            record["messageId"],
            record.get("body") or "",
            int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
            sent_at=_sent_at(record.get("attributes", {})),
        )
        for record in records
    ]


def _sent_at(attributes: Mapping[str, str]) -> float | None:
    """SQS tells it in milliseconds."""
    sent = attributes.get("SentTimestamp")
    return int(sent) / 1000 if sent else None


def handle_batch(
    event: Mapping[str, Any],
    act: Callable[[Sequence[Message]], Collection[str]],
    backlog: Backlog | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Hand the messages to ``act``, which returns the ids of those to be tried again.

    The answer is Lambda's partial batch response. Should the function die in the middle, nothing
    was deleted: every message comes back after the queue's visibility timeout.
    """
    delivered = messages_of(event)
    full = len(delivered) >= FULL_BATCH
    taken = backlog.take() if backlog is not None and full and backlog.sent(event) else []
    failed = set(act([*delivered, *taken]))
    if backlog is not None and taken:
        backlog.delete([message for message in taken if message.id not in failed])
    return {
        "batchItemFailures": [
            {"itemIdentifier": message.id} for message in delivered if message.id in failed
        ]
    }


@dataclass(frozen=True, slots=True)
class Backlog:
    """What else waits in the function's own queue; ``most`` is how much of it is taken at a time."""

    sqs: SQSClient
    queue_url: str
    most: int = _MAX_BACKLOG

    def sent(self, event: Mapping[str, Any]) -> bool:
        """Whether a batch is of this queue: one of another says nothing about what waits here."""
        arn = event["Records"][0].get("eventSourceARN", "")
        return not arn or arn.rpartition(":")[2] == self.queue_url.rpartition("/")[2]

    def take(self) -> list[Message]:
        """Receive until a round brings less than half of what it could, or there are enough.

        Half, because a receive that does not wait asks only some of the queue's servers: "you most
        likely get fewer messages than you requested" (ReceiveMessage in the SQS API reference). More
        receives from round to round: most backlogs are small. One that fails just brings nothing.
        """
        taken: dict[str, Message] = {}
        receivers = _FIRST_RECEIVERS
        while len(taken) < self.most:
            answers = run_all([self._receive] * receivers)
            batches = [answer for answer in answers if not isinstance(answer, Exception)]
            taken |= {message.id: message for batch in batches for message in batch}
            if 2 * sum(map(len, batches)) < _PER_CALL * receivers:
                break
            left = math.ceil((self.most - len(taken)) / _PER_CALL)
            receivers = min(2 * receivers, _MOST_RECEIVERS, left)
        return list(taken.values())

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete what is done. A failed delete means a second delivery, which must be harmless."""
        run_all([lambda part=part: self._delete(part) for part in chunks(messages, _PER_CALL)])  # type: ignore[misc]

    def _receive(self) -> list[Message]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=_PER_CALL,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Message(
                item["MessageId"],
                item["Body"],
                int(item.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
                item["ReceiptHandle"],
            )
            for item in answer.get("Messages", [])
        ]

    def _delete(self, messages: Sequence[Message]) -> None:
        self.sqs.delete_message_batch(
            QueueUrl=self.queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.receipt or ""}
                for number, message in enumerate(messages)
            ],
        )


def send_later(sqs: SQSClient, queue_url: str, bodies: Sequence[str], delay_s: int) -> None:
    """Put messages into the queue that become visible in ``delay_s`` seconds (at most 900).

    Raises ``PublishFailed`` if one was not taken; sending the others again is harmless.
    """
    for part in parcels(
        bodies, lambda body: len(body.encode()), most=_PER_CALL, bytes_each=_MAX_SEND_BYTES
    ):
        answer = sqs.send_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_s}
                for number, body in enumerate(part)
            ],
        )
        if answer.get("Failed"):
            raise PublishFailed(f"SQS refused {len(answer['Failed'])} of {len(part)} messages")
