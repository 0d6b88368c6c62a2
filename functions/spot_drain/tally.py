"""The storms' tallies: one DynamoDB item per service while its storm lasts.

Task ids are kept in string sets, so adding the same task twice changes nothing: a redelivered message
neither counts twice nor needs a record of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from spot_drain.storm import Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The weightiest first. A task may be noted under several: the process died half way, or two of its
# events were handled side by side. The one that took it out knows; the other found it leaving.
_VERDICTS = ("stuck", "backstop", "unattributed", "native", "would", "plain")
_SETS = ("native", "backstop", "unattributed", "stuck", "plain", "would", "groups", "notes")
_KEEP_S = 86_400


@dataclass(frozen=True, slots=True)
class Tallies:
    """Reads and writes tallies. A failed write raises; the message is then tried again."""

    dynamodb: DynamoDBClient
    table: str

    def add(
        self, service_arn: str, additions: Mapping[str, frozenset[str]], *, now: float
    ) -> tuple[int, dict[str, frozenset[str]]]:
        """Add to a service's tally; when its storm began, and which additions were new.

        A task that is already noted under a weightier verdict is not new.
        """
        sets = {name: items for name, items in additions.items() if items}
        assignments = "first_at = if_not_exists(first_at, :now), last_at = :now, expires_at = :end"
        adds = ", ".join(f"{name} :{name}" for name in sets)
        answer = self.dynamodb.update_item(
            TableName=self.table,
            Key={"pk": {"S": _key(service_arn)}},
            UpdateExpression=f"SET {assignments}" + (f" ADD {adds}" if adds else ""),
            ExpressionAttributeValues={
                ":now": {"N": str(int(now))},
                ":end": {"N": str(int(now) + _KEEP_S)},
                **{f":{name}": {"SS": sorted(items)} for name, items in sets.items()},
            },
            ReturnValues="ALL_OLD",
        )
        before: Mapping[str, Any] = answer.get("Attributes") or {}
        began = int(before["first_at"]["N"]) if "first_at" in before else int(now)
        return began, {name: items - _known(before, name) for name, items in sets.items()}

    def read(self, service_arn: str) -> Tally | None:
        """The tally of a service's storm; None if none is open."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key={"pk": {"S": _key(service_arn)}}, ConsistentRead=True
        )
        item: Mapping[str, Any] | None = answer.get("Item")
        if item is None:
            return None
        return Tally(
            service_arn,
            int(item["first_at"]["N"]),
            int(item["last_at"]["N"]),
            **{name: _set(item, name) - _outweighed(item, name) for name in _SETS},
        )

    def close(self, tally: Tally) -> bool:
        """Forget a storm that was told; False if something was added meanwhile: tell again later."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key={"pk": {"S": _key(tally.service_arn)}},
                ConditionExpression="last_at = :seen",
                ExpressionAttributeValues={":seen": {"N": str(tally.last_at)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(service_arn: str) -> str:
    return f"storm#{service_arn}"


def _set(item: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(item.get(name, {}).get("SS", ()))


def _outweighed(item: Mapping[str, Any], name: str) -> frozenset[str]:
    """The tasks that are noted under a weightier verdict."""
    weightier = _VERDICTS[: _VERDICTS.index(name)] if name in _VERDICTS else ()
    return frozenset().union(*(_set(item, other) for other in weightier))


def _known(item: Mapping[str, Any], name: str) -> frozenset[str]:
    return _set(item, name) | _outweighed(item, name)
