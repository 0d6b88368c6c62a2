"""The table: a few items with many services each, read in one call, written side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed, call_failed
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from ecsops.queue_status import STATUS_KEY, QueueStatus, encode_status
from queue_scaling.state import Page, ServiceState, decode, encode, page_of, pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRIES = 3
_OVERTAKEN = "ConditionalCheckFailedException"


@dataclass(slots=True)
class Store:
    """The states of all services.

    Two ticks may run at a time: two is the least that a queue may be limited to. So a page is written
    only over the version that was read. A tick whose page another one has written meanwhile leaves it,
    as if it had died before it could remember; the next one sees what it did.
    """

    dynamodb: DynamoDBClient
    table: str
    _found: dict[str, _Found] = field(default_factory=dict)

    def read(self, intervals: Sequence[int]) -> dict[str, ServiceState]:
        """Those of services with these intervals, by ARN."""
        self._found.clear()
        wanted: Any = [{"pk": {"S": name}} for name in pages(intervals)]
        states: dict[str, ServiceState] = {}
        for _ in range(_TRIES):
            try:
                answer = self.dynamodb.batch_get_item(
                    RequestItems={self.table: {"Keys": wanted, "ConsistentRead": True}}
                )
            except (ClientError, BotoCoreError) as error:
                raise call_failed("BatchGetItem", error) from error
            for item in answer["Responses"].get(self.table, ()):
                page = decode(item["services"]["B"])
                version = int(item.get("version", {}).get("N", 0))
                self._found[item["pk"]["S"]] = _Found(version, bool(page))
                _newest(states, page)
            left = answer.get("UnprocessedKeys", {}).get(self.table)
            if not left:
                return states
            wanted = left["Keys"]
        raise CallFailed("BatchGetItem", "UnprocessedKeys", "the table is throttled")

    def write(
        self,
        states: Mapping[str, tuple[int, ServiceState]],
        status: Mapping[str, QueueStatus] | None,
        now: float,
    ) -> None:
        """The pages of these services (ARN -> interval, state), and of all that were read.

        ``status`` is what others may know; without it, what they know stays.
        """
        contents: dict[str, Page] = {
            name: {} for name, found in self._found.items() if found.services
        }
        for arn, (interval_s, state) in states.items():
            contents.setdefault(page_of(arn, interval_s), {})[arn] = state
        calls: list[Callable[[], None]] = [
            partial(self._put_page, name, page) for name, page in contents.items()
        ]
        if status is not None:
            item = {
                "pk": {"S": STATUS_KEY},
                "services": {"B": encode_status(status)},
                "at": {"N": str(int(now))},
            }
            calls.append(partial(self._put, item))
        for answer in run_all(calls):
            if isinstance(answer, Exception):
                raise answer

    def _put_page(self, name: str, page: Page) -> None:
        version = self._found[name].version if name in self._found else 0
        item = {
            "pk": {"S": name},
            "services": {"B": encode(page)},
            "version": {"N": str(version + 1)},
        }
        same: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(version)"}
        if version:
            same = {
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(version)}},
            }
        try:
            self._put(item, **same)
        except CallFailed as error:
            if error.code != _OVERTAKEN:
                raise
            count("OvertakenTicks")
            logger.warning("another tick has written meanwhile", page=name)

    def _put(self, item: dict[str, Any], **condition: Any) -> None:
        try:
            self.dynamodb.put_item(TableName=self.table, Item=item, **condition)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("PutItem", error) from error


@dataclass(frozen=True, slots=True)
class _Found:
    """A page as it was read: its version (0 without one), and whether it held services."""

    version: int
    services: bool


def _newest(found: dict[str, ServiceState], page: Page) -> None:
    """A service whose interval has changed is in two pages for a tick."""
    for arn, state in page.items():
        if arn not in found or found[arn].at < state.at:
            found[arn] = state
