"""Reads what is known of an incident; ``incident_store`` describes the table and writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.incident import key_digest
from alerts.plan import SinkState
from ecsops.alerts import Alert

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB's limits are 2,048 and 1,024 bytes for the keys.
_LONGEST_KEY = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """All that is stored of an incident."""

    alerts: tuple[Alert, ...]
    sinks: Mapping[str, SinkState]


@dataclass(frozen=True, slots=True)
class IncidentReader:
    """The table, to look at."""

    dynamodb: DynamoDBClient
    table: str

    def read(self, key: str) -> Known:
        """Everything about an incident, as of now."""
        alerts, sinks = [], {}
        for item in self._items(key):
            kind, _, name = item["sk"]["S"].partition("#")
            if kind == "stage":
                alerts.append(msgspec.json.decode(item["alert"]["S"], type=Alert))
            elif kind == "sink":
                sinks[name] = msgspec.json.decode(item["state"]["S"], type=SinkState)
        return Known(tuple(alerts), sinks)

    def _items(self, key: str) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self.dynamodb.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": partition(key)}},
                ConsistentRead=True,
                **start,
            )
            found += answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def partition(key: str) -> str:
    """The partition key of an incident's items."""
    return f"incident#{key if len(key.encode()) <= _LONGEST_KEY else key_digest(key)}"
