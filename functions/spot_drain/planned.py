"""Tasks that are to be stopped on a day to come, in one item of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": {"S": "retirements"}}


@dataclass(frozen=True, slots=True)
class Planned:
    """A set of "when|task ARN": adding or removing an entry twice changes nothing."""

    dynamodb: DynamoDBClient
    table: str

    def add(self, entries: Sequence[tuple[int, str]]) -> None:
        """Remember tasks, each with when it is to be stopped (epoch seconds)."""
        self._change("ADD", [f"{at}|{arn}" for at, arn in entries])

    def remove(self, entries: Sequence[tuple[int, str]]) -> None:
        """They are dealt with."""
        self._change("DELETE", [f"{at}|{arn}" for at, arn in entries])

    def due(self, now: float) -> list[tuple[int, str]]:
        """What is to be stopped by now."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=_KEY, ConsistentRead=True)
        texts = (answer.get("Item") or {}).get("entries", {}).get("SS", [])
        pairs = [text.partition("|")[::2] for text in sorted(texts)]
        return [(int(at), arn) for at, arn in pairs if int(at) <= now]

    def _change(self, how: str, texts: Sequence[str]) -> None:
        if texts:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_KEY,
                UpdateExpression=f"{how} entries :entries",
                ExpressionAttributeValues={":entries": {"SS": list(texts)}},
            )
