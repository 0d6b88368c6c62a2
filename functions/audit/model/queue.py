"""Queues that services work off, as the tags of queue scaling name them (docs/queue-scaling.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audit.model.node import Unknown
from audit.model.resource import Resource

_QUEUES, _TIME = "ecs-ops:queue", "ecs-ops:processing-time"
# What else may wait in there; it hides nothing.
_NO_QUEUE = re.compile(r"kinesis:|cloudwatch:|arn:[\w-]+:kinesis:")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}(?:\.fifo)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)", re.ASCII)
# SQS API reference, CreateQueue.
_VISIBILITY_S = 30


class Queue(Resource):
    """The ``Attributes`` of GetQueueAttributes."""

    kind = "queue"
    named_by = ("QueueArn", "QueueName")

    @property
    def visibility_timeout(self) -> int:
        """For how many seconds a message that somebody took is hidden from the others."""
        seconds = self["VisibilityTimeout"].whole()
        return _VISIBILITY_S if seconds is None else seconds


def queue_names(tags: Mapping[str, str]) -> list[str]:
    """The queues that a service works off, whether the tag has their names, ARNs or URLs."""
    items = [item for item in tags.get(_QUEUES, "").split() if not _NO_QUEUE.match(item)]
    names = [_short(item.partition("@")[0]) for item in items]
    return [name for name in names if _NAME.fullmatch(name)]


def processing_times(tags: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """Each queue for which the service says how many seconds a message takes."""
    times = {}
    for item in tags.get(_TIME, "").split():
        name, at, written = item.rpartition("@")
        match = _DURATION.fullmatch(written.lower())
        if match is None:
            raise Unknown(f"tag {_TIME}: {item} is no duration", ("tags",))
        times[_short(name) if at else ""] = float(match[1]) * _UNITS[match[2]]
    for queue in queue_names(tags):
        seconds = times.get(queue, times.get(""))
        if seconds is not None:
            yield queue, seconds


def _short(name: str) -> str:
    return re.split("[:/]", name)[-1]
