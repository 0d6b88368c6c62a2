"""An SQS message as Lambda delivers it. Pure.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sandbox.events.pattern import Pattern, compile_pattern

if TYPE_CHECKING:
    from moto.sqs.models import Message


Record = dict[str, Any]


def record_of(message: Message, queue_arn: str) -> Record:
    """Shape one message."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": str(message.sender_id),
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    if message.group_id:
        attributes["MessageGroupId"] = str(message.group_id)
    trace_header = message.system_attributes.get("AWSTraceHeader")
    if trace_header:
        attributes["AWSTraceHeader"] = str(trace_header["StringValue"])
    record = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: _attribute(value) for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if message.message_attributes:
        record["md5OfMessageAttributes"] = message.attribute_md5
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "StringValue" in value:
        shaped["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        raw = value["BinaryValue"]
        shaped["binaryValue"] = raw if isinstance(raw, str) else base64.b64encode(raw).decode()
    return shaped


class SqsFilter:
    """FilterCriteria of an event source mapping: a message passes if any filter accepts it.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    """

    def __init__(self, patterns: list[str]) -> None:
        """Compile the patterns; without any, everything passes."""
        parsed = [json.loads(pattern) for pattern in patterns]
        self._filters = [(isinstance(p.get("body"), dict), compile_pattern(p)) for p in parsed]

    def accepts(self, record: Record) -> bool:
        """Tell whether the function sees the message; Lambda deletes it otherwise."""
        return not self._filters or any(
            _accepts(pattern, record, json_body=json_body) for json_body, pattern in self._filters
        )


def _accepts(pattern: Pattern, record: Record, *, json_body: bool) -> bool:
    if not json_body:
        return pattern.matches(record)
    try:
        body = json.loads(record["body"])
    except ValueError:
        return False
    return isinstance(body, dict) and pattern.matches(record | {"body": body})
