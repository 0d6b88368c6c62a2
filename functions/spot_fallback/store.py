"""The table: what is remembered of each service's cover. Whoever writes first may act."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from ecsops.errors import CallFailed, call_failed
from ecsops.observability import logger
from ecsops.parallel import chunks
from spot_fallback.model import Cover

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEYS_PER_CALL, _TRIES = 100, 3
_KEPT_S = 30 * 86_400
_LOST = "ConditionalCheckFailedException"
# The one item that names services: without their tag nobody else does.
_TOLD: dict[str, Any] = {"pk": {"S": "told"}}


@dataclass(frozen=True, slots=True)
class Store:
    """One item a service: ``pk`` its ARN, ``cover`` what is remembered, ``version`` how often.

    One more names the services of which people were told something: what is told has to end, though the
    process that told it is gone and the tag by which the service was found too.
    """

    dynamodb: DynamoDBClient
    table: str

    def read(self, services: Sequence[str]) -> dict[str, Cover]:
        """The covers of these services; a service without one is left out."""
        found: dict[str, Cover] = {}
        for part in chunks(sorted(set(services)), _KEYS_PER_CALL):
            found |= self._read(part)
        return found

    def write(self, service: str, cover: Cover, now: float) -> bool:
        """Write the next version; False if another run was first: then it acts, and this one does not."""
        following = replace(cover, version=cover.version + 1)
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    "pk": {"S": service},
                    "cover": {"S": msgspec.json.encode(following).decode()},
                    "version": {"N": str(following.version)},
                    "expires_at": {"N": str(int(now) + _KEPT_S)},
                },
                ConditionExpression="attribute_not_exists(pk) OR version = :before",
                ExpressionAttributeValues={":before": {"N": str(cover.version)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == _LOST:
                return False
            raise call_failed("PutItem", error) from error
        except BotoCoreError as error:
            raise call_failed("PutItem", error) from error
        return True

    def told(self) -> frozenset[str]:
        """The services of which people may have been told something that has not ended."""
        named = (item.get("services", {}).get("SS", ()) for item in self._items([_TOLD]))
        return frozenset(service for services in named for service in services)

    def note_told(self, services: Collection[str]) -> None:
        """Name these services too; before anything is told of them."""
        self._change_told("ADD", services)

    def note_over(self, services: Collection[str]) -> None:
        """These need not be named any more."""
        self._change_told("DELETE", services)

    def _change_told(self, change: Literal["ADD", "DELETE"], services: Collection[str]) -> None:
        if not services:
            return
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_TOLD,
                UpdateExpression=f"{change} services :them",
                ExpressionAttributeValues={":them": {"SS": sorted(services)}},
            )
        except (ClientError, BotoCoreError) as error:
            raise call_failed("UpdateItem", error) from error

    def _read(self, services: Sequence[str]) -> dict[str, Cover]:
        items = self._items([{"pk": {"S": service}} for service in services])
        return {
            item["pk"]["S"]: _cover(item["cover"]["S"], int(item["version"]["N"])) for item in items
        }

    def _items(self, keys: Any) -> list[Any]:
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


def _cover(text: str, version: int) -> Cover:
    """What another version of the toolkit wrote and nobody understands is forgotten, not fatal."""
    try:
        return replace(msgspec.json.decode(text, type=Cover), version=version)
    except msgspec.DecodeError:
        logger.warning("remembered cover not understood, starting anew", text=text[:200])
        return Cover(version=version)
