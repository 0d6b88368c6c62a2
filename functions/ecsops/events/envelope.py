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
_STEP = re.compile(r"[^.\[\]]+|\[[^\]]*\]")
_AT_THE_END = re.compile(r"(\[[^\]]*\])+$")
_MAX_SURPRISES = 20
# A number too large for msgspec is a ValidationError, a lone surrogate a UnicodeEncodeError.
_NO_JSON = (msgspec.DecodeError, UnicodeError, RecursionError)


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
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError as error:
            # Whatever comes after the first surprise has not been read yet: it may be no JSON.
            return _without_surprises(msgspec.json.decode(body), kind, root, error)
    except _NO_JSON as error:
        raise InvalidMessage(root, f"not JSON: {error}") from None


def _without_surprises[D](
    document: Any, kind: type[D], root: str, error: msgspec.ValidationError
) -> D:
    """Read again without the optional fields that are of a type nobody expected."""
    dropped: dict[str, InvalidMessage] = {}
    for _ in range(_MAX_SURPRISES):
        rejection = _rejection(error, root)
        # A required field that was dropped is missing now: what was said of it first is the truth.
        rejection = dropped.get(rejection.path, rejection)
        place = _PATH.search(str(error))
        path = _AT_THE_END.sub("", place["path"]) if place else "$"
        if not _drop(document, _STEP.findall(path)[1:]):
            break
        dropped[path.replace("$", root, 1)] = rejection
        try:
            # By way of JSON: ``msgspec.convert`` cannot make a raw detail of an object.
            return msgspec.json.decode(msgspec.json.encode(document), type=kind)
        except msgspec.ValidationError as next_error:
            error = next_error
    raise rejection


def _drop(document: Any, path: list[str]) -> bool:
    """Remove a field, in every element where the path crosses an array; whether it was there."""
    if not path:
        return False
    name, *rest = path
    if name.startswith("["):
        elements = document.values() if isinstance(document, dict) else document
        return sum(_drop(element, rest) for element in elements) > 0
    if not isinstance(document, dict) or name not in document:
        return False
    if rest:
        return _drop(document[name], rest)
    del document[name]
    return True


def _rejection(error: msgspec.ValidationError, root: str) -> InvalidMessage:
    text = str(error)
    found = _PATH.search(text)
    path = found["path"].replace("$", root, 1) if found else root
    problem = _PATH.sub("", text)
    missing = _MISSING.fullmatch(problem)
    if missing is not None:
        return InvalidMessage(f"{path}.{missing['field']}", "required field is missing")
    return InvalidMessage(path, problem)
