"""The ledger's table. Facts are put as they are; rows with a revision change only for who read the newest.

A conditional write whose answer was lost is tried again by botocore, and then fails by its own success:
so every such write carries a name of its own, which tells afterwards whose it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batch_jobs.rows import Key, Row, encode, row_of
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import chunks

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

_LOST = "ConditionalCheckFailedException"
_TRIES = 8
_GET_AT_ONCE, _PUT_AT_ONCE = 100, 25


class Contended(CallFailed):
    """A row changed under every one of several tries: the message is tried again later."""


@dataclass(frozen=True, slots=True)
class Versioned[R]:
    """A row and its revision; 0 for one that is not there yet."""

    row: R
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """One table; ``keep_s`` is how long history is kept."""

    dynamodb: DynamoDBClient
    table: str
    keep_s: float

    def get[R](self, key: Key, kind: type[R]) -> Versioned[R] | None:
        """The newest version of a row."""
        return self.get_many([key], kind).get(key)

    def get_many[R](self, keys: Iterable[Key], kind: type[R]) -> dict[Key, Versioned[R]]:
        """The newest versions of those that are there."""
        return {
            key: Versioned(row_of(item, kind), rev_of(item))
            for key, item in self.get_items(keys).items()
        }

    def get_items(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The newest versions of items of whatever kind."""
        return {
            _key(item): item
            for part in chunks(list(dict.fromkeys(keys)), _GET_AT_ONCE)
            for item in self._batch_get([_wire(key) for key in part])
        }

    def query(
        self,
        pk: str,
        *,
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        **more: Any,
    ) -> Iterator[Item]:
        """Items of a partition in the order of their sort keys; read page by page."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if between:
            condition += " AND sk BETWEEN :from AND :to"
            values |= {":from": {"S": between[0]}, ":to": {"S": between[1]}}
        start: dict[str, Any] = {}
        while True:
            try:
                answer = self.dynamodb.query(
                    TableName=self.table,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    ScanIndexForward=not newest_first,
                    **more,
                    **start,
                )
            except (ClientError, BotoCoreError) as error:
                raise call_failed("Query", error) from error
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def query_names(self, pk: str, after: str) -> Iterator[str]:
        """The sort keys of a partition's items that come after one of them."""
        items = self.query(pk, between=(after, "~"), ProjectionExpression="sk")
        return (item["sk"]["S"] for item in items if item["sk"]["S"] > after)

    def put_many(self, rows: Sequence[tuple[Key, Row]], now: float) -> None:
        """Facts, 25 a call, without conditions."""
        # A key that is there twice is refused with the whole call; the later row stands.
        items = [self._item(key, row, now) for key, row in dict(rows).items()]
        for part in chunks(items, _PUT_AT_ONCE):
            self._batch_write([{"PutRequest": {"Item": item}} for item in part])

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Rows that nobody needs any more."""
        for part in chunks(list(dict.fromkeys(keys)), _PUT_AT_ONCE):
            self._batch_write([{"DeleteRequest": {"Key": _wire(key)}} for key in part])

    def create(self, key: Key, row: Row, now: float) -> bool:
        """Put a row that is not there yet; False if it is."""
        return self.write(key, row, 0, now)

    def write(self, key: Key, row: Row, rev: int, now: float, **more: Any) -> bool:
        """Put a row over revision ``rev``; False if somebody else was faster."""
        name = uuid.uuid4().hex
        item = {
            **self._item(key, row, now),
            **more,
            "rev": {"N": str(rev + 1)},
            "name": {"S": name},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if rev:
            condition = {
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": {"N": str(rev)}},
            }
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _LOST:
                raise call_failed("PutItem", error) from error
            there: Any = error.response.get("Item", {})
            return bool(there.get("name") == {"S": name})
        except BotoCoreError as error:
            raise call_failed("PutItem", error) from error
        return True

    def change[R: Row](
        self,
        key: Key,
        kind: type[R],
        change: Callable[[R | None], R | None],
        now: float,
        more: Callable[[R, Any], dict[str, Any]] | None = None,
    ) -> R | None:
        """Read, change, write, again when somebody was faster. None, or the same row, changes nothing."""
        for _ in range(_TRIES):
            items = self._batch_get([_wire(key)])
            old = row_of(items[0], kind) if items else None
            new = change(old)
            if new is None or new == old:
                return new
            extra = more(new, items[0] if items else {}) if more else {}
            if self.write(key, new, rev_of(items[0]) if items else 0, now, **extra):
                return new
        raise Contended("PutItem", "Contended", f"{key[0]} {key[1]} changes all the time")

    def _item(self, key: Key, row: Row, now: float) -> dict[str, Any]:
        expires = str(int(now + max(self.keep_s, row.least_kept_s)))
        return {**_wire(key), "body": {"S": encode(row)}, "expires_at": {"N": expires}}

    def _batch_get(self, keys: Any) -> list[Any]:
        found: list[Any] = []
        for _ in range(_TRIES):
            try:
                answer = self.dynamodb.batch_get_item(
                    RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}}
                )
            except (ClientError, BotoCoreError) as error:
                raise call_failed("BatchGetItem", error) from error
            found += answer["Responses"].get(self.table, ())
            left = answer.get("UnprocessedKeys", {}).get(self.table)
            if not left:
                return found
            keys = left["Keys"]
        raise CallFailed("BatchGetItem", "UnprocessedKeys", "the table is throttled")

    def _batch_write(self, requests: Any) -> None:
        for _ in range(_TRIES):
            try:
                answer = self.dynamodb.batch_write_item(RequestItems={self.table: requests})
            except (ClientError, BotoCoreError) as error:
                raise call_failed("BatchWriteItem", error) from error
            requests = answer.get("UnprocessedItems", {}).get(self.table)
            if not requests:
                return
        raise CallFailed("BatchWriteItem", "UnprocessedItems", "the table is throttled")


def _wire(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _key(item: Any) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def rev_of(item: Item) -> int:
    """The revision of an item; 0 for a fact."""
    return int(item.get("rev", {}).get("N", 0))
