"""A set of texts in one item of the table: adding or removing one twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Remembered:
    """``name`` is the item's key."""

    dynamodb: DynamoDBClient
    table: str
    name: str

    def add(self, texts: Iterable[str], expires_at: float | None = None) -> None:
        """Remember these; with ``expires_at``, the whole set until then."""
        self._change("ADD", sorted(texts), expires_at)

    def remove(self, texts: Iterable[str]) -> None:
        """Forget these."""
        self._change("DELETE", sorted(texts))

    def all(self) -> list[str]:
        """Everything, as it is now."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key={"pk": {"S": self.name}}, ConsistentRead=True
        )
        return sorted((answer.get("Item") or {}).get("entries", {}).get("SS", []))

    def _change(self, how: str, texts: list[str], expires_at: float | None = None) -> None:
        if texts:
            until = {} if expires_at is None else {":until": {"N": str(int(expires_at))}}
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": self.name}},
                UpdateExpression=f"{how} entries :entries"
                + (" SET expires_at = :until" if until else ""),
                ExpressionAttributeValues={":entries": {"SS": texts}, **until},
            )
