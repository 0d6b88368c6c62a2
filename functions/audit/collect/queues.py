"""The queues that services say they work off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from audit.collect.reads import Document, Found, Reads, Unread, each
from audit.model.queue import Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


class QueueReader:
    """Reads SQS."""

    def __init__(self, sqs: SQSClient, reads: Reads) -> None:
        """Ask this client."""
        self.sqs = sqs
        self._reads = reads

    def queues(self, named: Iterable[tuple[str, str]]) -> Found:
        """The queues, by account and name."""
        return each(Queue, [partial(self._queue, account, name) for account, name in named])

    def _queue(self, account: str, name: str) -> Iterable[Document]:
        url = f"{self.sqs.meta.endpoint_url}/{account}/{name}"
        try:
            answer = self._reads.one(
                "sqs:GetQueueAttributes",
                lambda: self.sqs.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["QueueArn", "VisibilityTimeout"]
                ),
            )
        except Unread as unread:
            if unread.code in _MISSING:
                return []
            raise
        return [dict(answer["Attributes"])]
