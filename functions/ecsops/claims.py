"""Claims: whoever holds one may act; a crash releases it when its lease ends.

One DynamoDB item per key: ``pk``, ``state`` (CLAIMED or DONE), ``owner``, ``lease_until`` and
``expires_at`` (epoch seconds; the latter is the table's TTL attribute).

    absent --acquire--> CLAIMED --complete--> DONE (until expires_at)
                          |  ^
                          |  '--acquire by anybody once lease_until has passed (the holder crashed)
                          '--release--> absent (the act did not happen: let somebody else try)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims in one table. Times are epoch seconds and are always the caller's."""

    dynamodb: DynamoDBClient
    table: str

    def acquire(self, key: str, owner: str, *, now: float, lease_s: int, keep_s: int) -> bool:
        """Take the claim; False if it is DONE or somebody else's lease still runs.

        The owner may acquire its own claim again: a timed-out call that had succeeded looks the
        same to the caller as one that had not.
        """
        # DynamoDB deletes expired items up to days late, so expiry is part of the condition.
        return self._update(
            key,
            "SET #state = :claimed, #owner = :me, lease_until = :until, expires_at = :expires",
            "attribute_not_exists(pk) OR expires_at < :now "
            "OR (#state = :claimed AND (lease_until < :now OR #owner = :me))",
            {
                ":claimed": {"S": "CLAIMED"},
                ":me": {"S": owner},
                ":now": {"N": str(int(now))},
                ":until": {"N": str(int(now) + lease_s)},
                ":expires": {"N": str(int(now) + keep_s)},
            },
        )

    def complete(self, key: str, owner: str) -> bool:
        """Mark the act as done; False if the lease was lost to somebody else meanwhile."""
        return self._update(
            key,
            "SET #state = :done",
            "#owner = :me AND #state = :claimed",
            {":done": {"S": "DONE"}, ":me": {"S": owner}, ":claimed": {"S": "CLAIMED"}},
        )

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
            if error.response["Error"]["Code"] == _LOST:
                return False
            raise
        return True

    def _update(
        self, key: str, update: str, condition: str, values: dict[str, dict[str, str]]
    ) -> bool:
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": key}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#owner": "owner", "#state": "state"},
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == _LOST:
                return False
            raise
        return True
