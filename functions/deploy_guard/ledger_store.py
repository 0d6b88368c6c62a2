"""The ledgers in their table: one item a service, read together and written on a condition.

pk ledger#<service ARN>       doc, version; list=open, at=<due>, alarms: while something may come of it;
                              awaited, noted: failed tasks that are in no doc yet (notes.py)
pk acts#<service ARN>         what the executor did lately, and its claim (executor.py, audit.py)
pk freeze#<scope>             scope: all, or the ARN of a cluster or a service; list=freeze
pk audit#<service ARN>#...    one row of the audit; list=audit#<service ARN>, at=<when>

The index ``lists`` (list, at) finds what is open, and the audit of a service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from deploy_guard.freezes import freeze_key, freeze_of
from deploy_guard.ledger import absorb, awaited, fitting, with_handled
from deploy_guard.model import Act, Freeze, Ledger
from deploy_guard.signals import TaskFailed
from ecsops import verdict_status
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed
from ecsops.observability import logger
from ecsops.parallel import chunks, run_all
from ecsops.verdict_status import VerdictStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX, OPEN = "lists", "open"
AWAITED, NOTED = "awaited", "noted"
_KEEP_S = 180 * 86_400
# An item may have 400 KB:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_MOST_BYTES = 350_000
# Five keys a service, of the hundred that one call may ask for.
_SERVICES_PER_CALL = 20
_TRIES = 4
LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Known:
    """A service's ledger with all that stands beside it; the versions are for writing back.

    The tasks of ``notes`` are in the ledger, but nobody has looked because of them.
    """

    ledger: Ledger
    version: int = 0
    acts: tuple[Act, ...] = ()
    acts_version: int = 0
    freezes: tuple[Freeze, ...] = ()
    notes: tuple[TaskFailed, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """When to look at a service next, and which alarms are of interest meanwhile."""

    at: float
    alarms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LedgerStore:
    """Times are epoch seconds and are always the caller's."""

    dynamodb: DynamoDBClient
    table: str

    def read(self, services: Iterable[str]) -> dict[str, Known]:
        """All that is known of services; of a new one an empty ledger.

        What cannot be understood is left out; if that is all of it, why is raised.
        """
        parts = chunks(sorted(set(services)), _SERVICES_PER_CALL)
        items: dict[str, Mapping[str, Any]] = {}
        for answer in run_all([partial(self._items, part) for part in parts]):
            if isinstance(answer, Exception):
                raise answer
            items |= answer
        found: dict[str, Known] = {}
        unreadable: CallFailed | None = None
        for service in (one for part in parts for one in part):
            try:
                found[service] = _known(service, items)
            except msgspec.MsgspecError as error:
                logger.error("ledger not understood", service=service, reason=str(error))
                unreadable = CallFailed("Ledger", "Unreadable", f"{service}: {error}")
        if unreadable is not None and not found:
            raise unreadable
        return found

    def save(self, known: Known, ledger: Ledger, due: Due | None, now: float) -> bool:
        """Write a ledger back; False when somebody else has written it meanwhile."""
        ledger = with_handled(ledger, known.notes)
        document = fitting(ledger, _MOST_BYTES).decode()
        item: dict[str, Any] = {
            "pk": {"S": verdict_status.verdict_key(ledger.service)},
            "service": {"S": ledger.service},
            "doc": {"S": document},
            "version": {"N": str(known.version + 1)},
            "expires_at": {"N": str(int(now) + _KEEP_S)},
            NOTED: {"M": {}},
        }
        if wanted := awaited(ledger):
            item[AWAITED] = {"SS": sorted(wanted)}
        status = _status(ledger)
        if status is not None:
            item[verdict_status.ATTRIBUTE] = {"B": verdict_status.encode_verdict(status)}
        if due is not None:
            item |= {"list": {"S": OPEN}, "at": {"N": str(int(due.at))}}
            if due.alarms:
                item["alarms"] = {"SS": sorted(due.alarms)}
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR version = :version",
                ExpressionAttributeValues={":version": {"N": str(known.version)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != LOST:
                raise
            stands: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            # Our own write whose answer was lost, and which botocore has sent again, is no conflict.
            return all(stands.get(one) == item[one] for one in ("doc", "version", NOTED))
        return True

    def due(self, now: float) -> list[str]:
        """Open services whose time has come."""
        return [item["service"]["S"] for item in self._listed(now)]

    def with_alarms(self, alarms: Iterable[str]) -> dict[str, list[str]]:
        """Open services to which alarms are of interest, by alarm."""
        found: dict[str, list[str]] = {one: [] for one in alarms}
        for item in self._listed(None):
            for alarm in found.keys() & set(item.get("alarms", {}).get("SS", ())):
                found[alarm].append(item["service"]["S"])
        return found

    def _listed(self, until: float | None) -> Iterable[Mapping[str, Any]]:
        condition, values = "#list = :open", {":open": {"S": OPEN}}
        names = {"#list": "list"}
        if until is not None:
            condition += " AND #at <= :now"
            values[":now"] = {"N": str(int(until))}
            names["#at"] = "at"
        given: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": INDEX,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        while True:
            answer = self.dynamodb.query(**given)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            given["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _items(self, services: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        keys = {f"{kind}#{one}" for one in services for kind in ("ledger", "acts")}
        keys |= {freeze_key(scope) for one in services for scope in scopes(one)}
        wanted: Any = {
            self.table: {
                "Keys": [{"pk": {"S": key}} for key in sorted(keys)],
                "ConsistentRead": True,
            }
        }
        found: dict[str, Mapping[str, Any]] = {}
        for _ in range(_TRIES):
            answer = self.dynamodb.batch_get_item(RequestItems=wanted)
            found |= {item["pk"]["S"]: item for item in answer["Responses"].get(self.table, ())}
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return found
        raise CallFailed("BatchGetItem", "Throttled", "DynamoDB left keys unprocessed")


def scopes(service: str) -> tuple[str, str, str]:
    """The scopes of freezes that concern a service."""
    arn = parse_arn(service)
    cluster = (
        f"arn:{arn.partition}:ecs:{arn.region}:{arn.account}:cluster/{arn.cluster or 'default'}"
    )
    return "all", cluster, service


def _status(ledger: Ledger) -> VerdictStatus | None:
    """For others to see: of a rollback of ours what became of the version that failed."""
    row = next((one for one in ledger.deployments if not one.rolls_back), None)
    if row is None:
        return None
    cause = row.diagnosis.cause.says if row.diagnosis is not None and row.diagnosis.total else ""
    return VerdictStatus(row.target.name, row.outcome, row.outcome_at or row.began, cause)


def known_of(service: str, item: Mapping[str, Any]) -> Known:
    """The ledger of an item, with what was noted in it; of an empty one a new ledger."""
    if not item:
        return Known(Ledger(service))
    noted = item.get(NOTED, {}).get("M", {})
    notes = tuple(_decoded(noted[key]["S"], TaskFailed) for key in sorted(noted))
    ledger = absorb(_decoded(item["doc"]["S"], Ledger), notes)
    return Known(ledger, int(item["version"]["N"]), notes=notes)


def _known(service: str, items: Mapping[str, Mapping[str, Any]]) -> Known:
    acts = items.get(f"acts#{service}")
    rows = {scope: items.get(freeze_key(scope)) for scope in scopes(service)}
    return replace(
        known_of(service, items.get(f"ledger#{service}", {})),
        acts=_decoded(acts["doc"]["S"], tuple[Act, ...]) if acts else (),
        acts_version=int(acts["version"]["N"]) if acts else 0,
        freezes=tuple(freeze_of(scope, row) for scope, row in rows.items() if row),
    )


def _decoded[T](text: str, kind: type[T]) -> T:
    return msgspec.json.decode(text, type=kind)
