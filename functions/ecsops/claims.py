"""Claims: whoever holds one may act; a crash releases it when its lease ends.

One DynamoDB item per key: ``pk``, ``state`` (CLAIMED or DONE), ``owner``, ``lease_until`` and
``expires_at`` (epoch seconds; the latter is the table's TTL attribute).

    absent --acquire--> CLAIMED --complete--> DONE (until expires_at)
                          |  ^
                          |  '--acquire by anybody once lease_until has passed (the holder crashed)
                          '--release--> absent (the act did not happen: let somebody else try)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOST = "ConditionalCheckFailedException"


class Claim(StrEnum):
    """What became of trying to take a claim."""

    TAKEN = "taken"  # act now
    DONE = "done"  # the act has happened: nothing is left to do
    HELD = "held"  # somebody is at it, and may yet fail: try again when the lease has ended


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims in one table. Times are epoch seconds and are always the caller's."""

    dynamodb: DynamoDBClient
    table: str

    def acquire(self, key: str, owner: str, *, now: float, lease_s: int, keep_s: int) -> Claim:
        """Take the claim, unless it is DONE or somebody else's lease still runs.

        The owner may acquire its own claim again: a timed-out call that had succeeded looks the
        same to the caller as one that had not. So an owner is one attempt, not one message: two
        copies of a message are two owners.
        """
        # DynamoDB deletes expired items up to days late, so expiry is part of the condition.
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": key}},
                UpdateExpression=(
                    "SET #state = :claimed, #owner = :me, lease_until = :until, expires_at = :expires"
                ),
                ConditionExpression=(
                    "attribute_not_exists(pk) OR expires_at < :now "
                    "OR (#state = :claimed AND (lease_until < :now OR #owner = :me))"
                ),
                ExpressionAttributeNames={"#owner": "owner", "#state": "state"},
                ExpressionAttributeValues={
                    ":claimed": {"S": "CLAIMED"},
                    ":me": {"S": owner},
                    ":now": {"N": str(int(now))},
                    ":until": {"N": str(int(now) + lease_s)},
                    ":expires": {"N": str(int(now) + keep_s)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _LOST:
                raise
            item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return Claim.DONE if item.get("state") == {"S": "DONE"} else Claim.HELD
        return Claim.TAKEN

    def complete(self, key: str, owner: str) -> bool:
        """Mark the act as done; False if the lease was lost to somebody else meanwhile."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": key}},
                UpdateExpression="SET #state = :done",
                ConditionExpression="#owner = :me AND #state = :claimed",
                ExpressionAttributeNames={"#owner": "owner", "#state": "state"},
                ExpressionAttributeValues={
                    ":done": {"S": "DONE"},
                    ":me": {"S": owner},
                    ":claimed": {"S": "CLAIMED"},
                },
            )
        except ClientError as error:
            return _lost(error)
        return True

    def release(self, key: str, owner: str) -> bool:
        """Give the claim back because the act did not happen; False if it was no longer held."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key={"pk": {"S": key}},
                ConditionExpression="#owner = :me AND #state = :claimed",
                ExpressionAttributeNames={"#owner": "owner", "#state": "state"},
                ExpressionAttributeValues={":me": {"S": owner}, ":claimed": {"S": "CLAIMED"}},
            )
        except ClientError as error:
            return _lost(error)
        return True


def _lost(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == _LOST:
        return False
    raise error
