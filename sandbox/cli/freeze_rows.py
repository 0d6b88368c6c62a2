"""The guard's freezes in its table: made, lifted and listed by people.

Each change and its row in the audit are one transaction, on the condition that nobody changed the freeze
since it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import msgspec

from deploy_guard.audit import Audit, AuditRow
from deploy_guard.freezes import LISTED, freeze_key, freeze_of
from deploy_guard.ledger_store import INDEX
from deploy_guard.model import Freeze
from ecsops.parallel import chunks
from sandbox.errors import SandboxError

Item = Mapping[str, Any]
_TRIES = 5
# DynamoDB deletes what has expired when it comes to it; until then it is there to be looked at.
_KEEP_S = 86_400
_KEYS_PER_CALL = 100
_BUSY = "somebody else changes this freeze all the time: try again"


def freeze(
    dynamodb: Any, table: str, one: Freeze, now: float, *, force: bool = False
) -> Freeze | None:
    """Have nothing rolled back there until it is lifted or over; the freeze that it replaces."""
    row = _row(one.scope, "FROZEN", one.by, f"{one.why}, {one.ends}" if one.why else one.ends, now)
    for _ in range(_TRIES):
        item = _item(dynamodb, table, one.scope)
        before = _holding(one.scope, item, now)
        if before is not None and not force and _ends_sooner(one, before):
            raise SandboxError(
                f"{one.scope}: {before.told}; yours would end sooner: --force puts it in its place"
            )
        write: Any = {"Put": {"TableName": table, "Item": _new(one, now)} | _unchanged(item)}
        if Audit(dynamodb, table).note_with(write, row, _once(now)):
            return before
    raise SandboxError(_BUSY)


def unfreeze(dynamodb: Any, table: str, scope: str, who: str, now: float) -> Freeze | None:
    """Lift a freeze, and say which; None if there was none."""
    for _ in range(_TRIES):
        item = _item(dynamodb, table, scope)
        before = _holding(scope, item, now)
        if before is None:
            return None
        row = _row(scope, "UNFROZEN", who, f"it was {before.told}", now)
        key = {"pk": {"S": freeze_key(scope)}}
        write: Any = {"Delete": {"TableName": table, "Key": key} | _unchanged(item)}
        if Audit(dynamodb, table).note_with(write, row, _once(now)):
            return before
    raise SandboxError(_BUSY)


def in_force(dynamodb: Any, table: str, now: float) -> list[Freeze]:
    """All freezes that hold now."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        IndexName=INDEX,
        KeyConditionExpression="#list = :list",
        ExpressionAttributeNames={"#list": "list"},
        ExpressionAttributeValues={":list": {"S": LISTED}},
    )
    # The index knows the keys alone, and may be late.
    keys = [{"pk": item["pk"]} for page in pages for item in page["Items"]]
    items: list[Item] = []
    for part in chunks(keys, _KEYS_PER_CALL):
        items += _items(dynamodb, table, part)
    found = (_holding(item["pk"]["S"].partition("#")[2], item, now) for item in items)
    return sorted((one for one in found if one is not None), key=lambda one: one.scope)


def _items(dynamodb: Any, table: str, keys: Any) -> list[Item]:
    wanted: Any = {table: {"Keys": list(keys), "ConsistentRead": True}}
    found: list[Item] = []
    for _ in range(_TRIES):
        answer = dynamodb.batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(table, ())
        wanted = answer.get("UnprocessedKeys")
        if not wanted:
            return found
    raise SandboxError("DynamoDB leaves freezes unread: try again")


def _item(dynamodb: Any, table: str, scope: str) -> Item:
    key = {"pk": {"S": freeze_key(scope)}}
    found: Item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    return found


def _holding(scope: str, item: Item, now: float) -> Freeze | None:
    one = freeze_of(scope, item) if item else None
    return one if one is not None and one.holds(now) else None


def _ends_sooner(one: Freeze, before: Freeze) -> bool:
    return one.until is not None and (before.until is None or one.until < before.until)


def _new(one: Freeze, now: float) -> dict[str, Any]:
    item = {
        "pk": {"S": freeze_key(one.scope)},
        "list": {"S": LISTED},
        "at": {"N": str(int(now))},
        "doc": {"S": msgspec.json.encode(one).decode()},
    }
    if one.until is not None:
        item["expires_at"] = {"N": str(int(one.until) + _KEEP_S)}
    return item


def _unchanged(item: Item) -> dict[str, Any]:
    if not item:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    if "doc" not in item:
        return {"ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(doc)"}
    return {
        "ConditionExpression": "doc = :doc",
        "ExpressionAttributeValues": {":doc": item["doc"]},
    }


def _once(now: float) -> str:
    """No two rows of one moment are the same."""
    return f"{now:.3f}-{token_hex(4)}"


def _row(scope: str, state: str, who: str, why: str, now: float) -> AuditRow:
    return AuditRow(scope, "", now, state, executed=False, calls=(), why=why, who=who)
