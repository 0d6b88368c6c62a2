"""Where work waits: one module for each kind of source. A new kind is one more module and a line here."""

from __future__ import annotations

from collections.abc import Callable

from queue_scaling.reference import Reference
from queue_scaling.sources.base import Source
from queue_scaling.sources.kinesis import KinesisStream
from queue_scaling.sources.metric import CloudWatchMetric
from queue_scaling.sources.sqs import SqsQueue

__all__ = ["Source", "source_of"]

_KINDS: dict[str, Callable[[Reference, str, str], Source]] = {
    "sqs": SqsQueue,
    "kinesis": KinesisStream,
    "cloudwatch": CloudWatchMetric,
}


def source_of(reference: Reference, account: str, region: str) -> Source:
    """What reads a reference."""
    return _KINDS[reference.kind](reference, account, region)
