"""The EventBridge envelope, and how every event kind is read: tolerantly.

Unknown fields, unknown names and missing optional fields are normal: AWS adds fields every month.
Only what a decision needs is required; when that is missing or of another type, the error names the
path of the field.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from ecsops.errors import InvalidMessage

_PATH = re.compile(r" - at `(?P<path>[^`]+)`$")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_MAX_SURPRISES = 20


class Event(msgspec.Struct, frozen=True):
    """An event as EventBridge delivers it; ``detail`` stays raw until its kind is known."""

    source: str
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw
    id: str = ""
    account: str = ""
    region: str = ""
    time: str | None = None
    resources: tuple[str, ...] | None = ()

    def occurred_at(self) -> float | None:
        """When it happened, in epoch seconds; None if the event does not say."""
        return epoch(self.time) if self.time else None


class Detail(msgspec.Struct, frozen=True, rename="camel"):
    """Base of the typed details: camelCase on the wire, unknown fields ignored."""


def parse_event(body: str | bytes) -> Event:
    """Read an envelope; raises ``InvalidMessage`` naming the field."""
    return _decoded(body, Event, "$")


def read_detail[D: msgspec.Struct](event: Event, kind: type[D]) -> D:
    """Read an event's detail as ``kind``; raises ``InvalidMessage`` with a path below ``$.detail``."""
    return _decoded(event.detail, kind, "$.detail")


def read_document[D](body: str | bytes | msgspec.Raw, kind: type[D]) -> D:
    """Read a JSON document that is no EventBridge event; raises ``InvalidMessage``."""
    return _decoded(body, kind, "$")


def epoch(text: str, path: str = "$.time") -> float:
    """Epoch seconds of an AWS time: ``Z`` or an offset, with or without fraction, up to nanoseconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidMessage(path, f"expected an ISO 8601 time, got {text[:40]!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _decoded[D](body: str | bytes | msgspec.Raw, kind: type[D], root: str) -> D:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        return _without_surprises(body, kind, root, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage(root, f"not JSON: {error}") from None


def _without_surprises[D](
    body: str | bytes | msgspec.Raw, kind: type[D], root: str, error: msgspec.ValidationError
) -> D:
    """Read again without the optional fields that are of a type nobody expected."""
    document = msgspec.json.decode(body)
    first = _rejection(error, root)
    for _ in range(_MAX_SURPRISES):
        path = _PATH.search(str(error))
        if path is None or not _drop(document, path["path"].split(".")[1:]):
            break
        try:
            return msgspec.convert(document, kind)
        except msgspec.ValidationError as next_error:
            error = next_error
    raise first


def _drop(document: Any, path: list[str]) -> bool:
    """Remove a field, in every element where the path crosses an array; whether it was there."""
    if not path:
        return False
    name, *rest = path
    key = name.partition("[")[0]
    if not isinstance(document, dict) or key not in document:
        return False
    inner = document[key]
    if not rest:
        del document[key]
        return True
    if key == name:
        return _drop(inner, rest)
    return isinstance(inner, list) and sum(_drop(item, rest) for item in inner) > 0


def _rejection(error: msgspec.ValidationError, root: str) -> InvalidMessage:
    text = str(error)
    found = _PATH.search(text)
    path = found["path"].replace("$", root, 1) if found else root
    problem = _PATH.sub("", text)
    missing = _MISSING.fullmatch(problem)
    if missing is not None:
        return InvalidMessage(f"{path}.{missing['field']}", "required field is missing")
    return InvalidMessage(path, problem)
