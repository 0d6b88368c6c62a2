"""A failed task noted in the item of its service's ledger: one call, which reads the ledger as well.

Most failed tasks are too few yet to condemn anything. Each is told by two or three events, so that reading
and writing the whole ledger for each would be most of what a failure costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard.ledger_store import AWAITED, LOST, NOTED, Known, known_of
from deploy_guard.signals import TaskFailed
from ecsops.verdict_status import verdict_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# An item may have 400 KB, and a look takes over what was noted: more only where looks fail.
_MOST = 40
_CONDITION = (
    "contains(#awaited, :of) AND attribute_not_exists(#noted.#key) AND size(#noted) < :most "
    "AND NOT contains(doc, :key)"
)


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes failed tasks of deployments whose ledger awaits them (``ledger.awaited``)."""

    dynamodb: DynamoDBClient
    table: str

    def add(self, signal: TaskFailed) -> Known:
        """The ledger with the task in it, or as it stands: it may have it already, or not await it."""
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": verdict_key(signal.service)}},
                # Whoever has read it before and writes it back must not wipe the note out.
                UpdateExpression="SET #noted.#key = :task ADD version :one",
                ConditionExpression=_CONDITION,
                ExpressionAttributeNames={
                    "#awaited": AWAITED,
                    "#noted": NOTED,
                    "#key": signal.key,
                },
                ExpressionAttributeValues={
                    ":of": {"S": signal.task.started_by},
                    ":key": {"S": signal.key},
                    ":task": {"S": msgspec.json.encode(signal).decode()},
                    ":most": {"N": str(_MOST)},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != LOST:
                raise
            stands: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return known_of(signal.service, stands)
        return known_of(signal.service, answer["Attributes"])
