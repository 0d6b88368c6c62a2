"""What ``ecs-ops:queue`` may name: queues, streams, metrics.

    orders                                    an SQS queue of this account and Region
    arn:aws:sqs:eu-west-1:123456789012:orders the same by ARN; or by its URL
    kinesis:clicks                            a stream
    cloudwatch:AWS/AmazonMQ:QueueSize:Broker=main:Queue=jobs    any metric that counts what waits

Each may have an SLO of its own behind an @: ``orders@30s``. A tag value allows letters, digits,
spaces and + - = . _ : / @, so spaces separate the items and nothing else is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from queue_scaling.problem import InvalidTag

Kind = Literal["sqs", "kinesis", "cloudwatch"]

QUEUE_TAG = "ecs-ops:queue"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?")
_STREAM = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_ARN = re.compile(r"arn:[a-z-]+:(sqs|kinesis):([a-z0-9-]+):(\d{12}):(?:stream/)?(.+)")
_URL = re.compile(r"https?://[^/]*?sqs[.-]([a-z0-9-]+)\.[^/]+/(\d{12})/(.+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """Something in which work waits. ``text`` is how the tag names it."""

    kind: Kind
    name: str
    text: str
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO queue: their names must end so."""
        return self.kind == "sqs" and self.name.endswith(".fifo")


def parse_reference(text: str, account: str, region: str) -> Reference:
    """Read one item (without its SLO); raises ``InvalidTag``."""
    if text.startswith("kinesis:"):
        return _stream(text, text.removeprefix("kinesis:"))
    if text.startswith("cloudwatch:"):
        return _metric(text)
    elsewhere = _ARN.fullmatch(text)
    if elsewhere:
        kind, its_region, its_account, name = elsewhere.groups()
        _expect_here(text, its_account, its_region, account, region)
        return _stream(text, name) if kind == "kinesis" else _queue(text, name)
    url = _URL.fullmatch(text)
    if url:
        its_region, its_account, name = url.groups()
        _expect_here(text, its_account, its_region, account, region)
        return _queue(text, name)
    return _queue(text, text)


def _queue(text: str, name: str) -> Reference:
    if not _NAME.fullmatch(name):
        raise InvalidTag(
            QUEUE_TAG,
            text,
            "expected a queue's name, ARN or URL, kinesis:STREAM, or "
            "cloudwatch:NAMESPACE:METRIC:DIMENSION=VALUE",
        )
    return Reference("sqs", name, text)


def _stream(text: str, name: str) -> Reference:
    if not _STREAM.fullmatch(name):
        raise InvalidTag(QUEUE_TAG, text, "expected kinesis: and the name of a stream")
    return Reference("kinesis", name, text)


def _metric(text: str) -> Reference:
    _, namespace, metric, *pairs = [*text.split(":"), "", ""][: max(3, len(text.split(":")))]
    dimensions = [pair.partition("=") for pair in pairs]
    if not namespace or not metric or any(not (n and s and v) for n, s, v in dimensions):
        raise InvalidTag(
            QUEUE_TAG,
            text,
            "expected cloudwatch:NAMESPACE:METRIC and, each behind a colon, DIMENSION=VALUE",
        )
    named = tuple(sorted((name, value) for name, _, value in dimensions))
    return Reference("cloudwatch", namespace, text, metric, named)


def _expect_here(text: str, its_account: str, its_region: str, account: str, region: str) -> None:
    if its_account != account:
        raise InvalidTag(
            QUEUE_TAG,
            text,
            f"the queue is in account {its_account}: the toolkit reads those of its own account "
            f"({account}) only; publish its depth as a metric and use cloudwatch:",
        )
    if its_region != region:
        raise InvalidTag(
            QUEUE_TAG,
            text,
            f"the queue is in Region {its_region}, the service in {region}: deploy the toolkit there",
        )
