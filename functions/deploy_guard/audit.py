"""The audit: rows that are only ever added, and of each service's acts what the rules need at once.

Both are written in one transaction. An ATTEMPT is noted before AWS is asked: should the process die in
between, the next one knows that it may have been us.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard.ledger_store import INDEX, Known
from deploy_guard.model import BETWEEN_CALLS, Act

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

ATTEMPT, UNCONFIRMED = "ATTEMPT", "UNCONFIRMED"
_KEEP_S = 400 * 86_400
_ACTS = 30
_CANCELLED, _EXISTS = "TransactionCanceledException", "ConditionalCheckFailed"


class Noted(StrEnum):
    """What became of noting an act."""

    NEW = "new"
    KNOWN = "known"  # this very row stands already: our own write, whose answer was lost
    LOST = "lost"  # somebody else has noted an act of the service meanwhile: read again


class AuditRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did what, when and why.

    ``state`` is ATTEMPT, REQUESTED, CONFIRMED, UNCONFIRMED, FAILED, SUPERSEDED, REFUSED or DRY_RUN.
    ``before`` and ``after`` are deployment ids, ``request_id`` is AWS's, ``took_ms`` the call's time.
    ``stands``: how a rollback stood that was found after the fact.
    """

    service: str
    deployment: str
    at: float
    state: str
    executed: bool
    calls: tuple[str, ...]
    why: str
    cause: str = "UNKNOWN"
    who: str = "ecs-ops guard"
    mode: str = ""
    task_definition: str | None = None
    before: str | None = None
    after: str | None = None
    request_id: str | None = None
    took_ms: int | None = None
    rules: tuple[str, ...] = ()
    note: str | None = None
    stands: str | None = None

    @property
    def act(self) -> Act:
        """What the rules need of it."""
        return Act(
            self.deployment,
            self.at,
            self.state,
            BETWEEN_CALLS.join(self.calls),
            self.executed,
            self.after,
            self.task_definition,
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """The rows in the guard's table."""

    dynamodb: DynamoDBClient
    table: str

    def note(self, row: AuditRow, attempt: str) -> None:
        """Add a row about something that was not done. To add it twice changes nothing."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=_item(row, attempt),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def note_with(self, write: TransactWriteItemTypeDef, row: AuditRow, attempt: str) -> bool:
        """Make a write and add the row about it, or neither: False if the write's condition fails."""
        try:
            self.dynamodb.transact_write_items(
                TransactItems=[
                    write,
                    {"Put": {"TableName": self.table, "Item": _item(row, attempt)}},
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _CANCELLED:
                raise
            return False
        return True

    def act(self, row: AuditRow, known: Known, attempt: str) -> Noted:
        """Add a row, and note the act beside the service's others.

        Of an attempt, and of what was not done, only the latest word is kept beside them: a service's
        acts must not be pushed out by refusals.
        """
        others = [
            one
            for one in known.acts
            if one.deployment != row.deployment or (one.executed and one.state != ATTEMPT)
        ]
        acts = _acts(row, (*others, row.act)[-_ACTS:], known.acts_version + 1)
        unchanged = {":version": {"N": str(known.acts_version)}}
        try:
            self.dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self.table,
                            "Item": _item(row, attempt),
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                    {
                        "Put": {
                            "TableName": self.table,
                            "Item": acts,
                            "ConditionExpression": "attribute_not_exists(pk) OR version = :version",
                            "ExpressionAttributeValues": unchanged,
                        }
                    },
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _CANCELLED:
                raise
            reasons: Any = error.response.get("CancellationReasons", [])
            exists = bool(reasons) and reasons[0].get("Code") == _EXISTS
            return Noted.KNOWN if exists else Noted.LOST
        return Noted.NEW

    def rows(self, service: str, *, most: int = 50) -> list[AuditRow]:
        """The latest rows of a service, newest first."""
        answer = self.dynamodb.query(
            TableName=self.table,
            IndexName=INDEX,
            KeyConditionExpression="#list = :list",
            ExpressionAttributeNames={"#list": "list"},
            ExpressionAttributeValues={":list": {"S": f"audit#{service}"}},
            ScanIndexForward=False,
            Limit=most,
        )
        return [msgspec.json.decode(item["row"]["S"], type=AuditRow) for item in answer["Items"]]


def _item(row: AuditRow, attempt: str) -> dict[str, Any]:
    return {
        "pk": {"S": f"audit#{row.service}#{attempt}#{row.state}"},
        "list": {"S": f"audit#{row.service}"},
        "at": {"N": f"{row.at:.3f}"},
        "service": {"S": row.service},
        "row": {"S": msgspec.json.encode(row).decode()},
        "expires_at": {"N": str(int(row.at) + _KEEP_S)},
    }


def _acts(row: AuditRow, acts: tuple[Act, ...], version: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"acts#{row.service}"},
        "service": {"S": row.service},
        "doc": {"S": msgspec.json.encode(acts).decode()},
        "version": {"N": str(version)},
        "expires_at": {"N": str(int(row.at) + _KEEP_S)},
    }
