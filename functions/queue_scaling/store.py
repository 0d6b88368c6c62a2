"""The table: a few items with many services each, read and written in one call each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed, call_failed
from ecsops.queue_status import STATUS_KEY, QueueStatus, encode_status
from queue_scaling.state import Page, ServiceState, decode, encode, page_of, pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What nobody wrote for so long is forgotten.
_KEPT_S = 7 * 86_400
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Store:
    """The states of all services."""

    dynamodb: DynamoDBClient
    table: str

    def read(self, intervals: Sequence[int]) -> dict[str, ServiceState]:
        """Those of services with these intervals, by ARN."""
        wanted: Any = [{"pk": {"S": name}} for name in pages(intervals)]
        found: dict[str, ServiceState] = {}
        for _ in range(_TRIES):
            try:
                answer = self.dynamodb.batch_get_item(
                    RequestItems={self.table: {"Keys": wanted, "ConsistentRead": True}}
                )
            except (ClientError, BotoCoreError) as error:
                raise call_failed("BatchGetItem", error) from error
            for item in answer["Responses"].get(self.table, ()):
                _newest(found, decode(item["services"]["B"]))
            left = answer.get("UnprocessedKeys", {}).get(self.table)
            if not left:
                return found
            wanted = left["Keys"]
        raise CallFailed("BatchGetItem", "UnprocessedKeys", "the table is throttled")

    def write(
        self,
        states: Mapping[str, tuple[int, ServiceState]],
        left: Iterable[tuple[str, int]],
        status: Mapping[str, QueueStatus] | None,
        now: float,
    ) -> None:
        """The pages of these services (ARN -> interval, state), and of those that have ``left`` one.

        ``status`` is what others may know; without it, what they know stays.
        """
        contents: dict[str, Page] = {page_of(arn, interval): {} for arn, interval in left}
        for arn, (interval_s, state) in states.items():
            contents.setdefault(page_of(arn, interval_s), {})[arn] = state
        items: dict[str, dict[str, Any]] = {
            name: {"services": {"B": encode(page)}} for name, page in contents.items()
        }
        if status is not None:
            items[STATUS_KEY] = {
                "services": {"B": encode_status(status)},
                "at": {"N": str(int(now))},
            }
        expires = {"expires_at": {"N": str(int(now) + _KEPT_S)}}
        self._put([{"pk": {"S": name}, **item, **expires} for name, item in items.items()])

    def _put(self, items: Sequence[Mapping[str, Any]]) -> None:
        requests: Any = [{"PutRequest": {"Item": item}} for item in items]
        if not requests:
            return
        for _ in range(_TRIES):
            try:
                answer = self.dynamodb.batch_write_item(RequestItems={self.table: requests})
            except (ClientError, BotoCoreError) as error:
                raise call_failed("BatchWriteItem", error) from error
            requests = answer.get("UnprocessedItems", {}).get(self.table)
            if not requests:
                return
        raise CallFailed("BatchWriteItem", "UnprocessedItems", "the table is throttled")


def _newest(found: dict[str, ServiceState], page: Page) -> None:
    """A service whose interval has changed is in two pages for a tick."""
    for arn, state in page.items():
        if arn not in found or found[arn].at < state.at:
            found[arn] = state
