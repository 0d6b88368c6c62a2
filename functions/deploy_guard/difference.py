"""Parts of a description compared: what may be shown is, of the rest only that it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ecsops.redaction import redact_text

Json = Mapping[str, Any]
NONE, CHANGED, ADDED, REMOVED = "none", "changed", "added", "removed"
_MOST = 200


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One difference: what, how it was, how it is."""

    field: str
    before: str
    after: str


def compared(field: str, before: object, after: object) -> Iterator[Change]:
    """Values that may be shown: numbers, names, ARNs of roles and groups."""
    if before != after:
        yield Change(field, _text(before), _text(after))


def scalars(prefix: str, fields: Iterable[str], before: Json, after: Json) -> Iterator[Change]:
    """Fields whose values may be shown."""
    for field in fields:
        yield from compared(f"{prefix} {field}", before.get(field), after.get(field))


def opaque(prefix: str, fields: Iterable[str], before: Json, after: Json) -> Iterator[Change]:
    """Fields of which nothing may be shown but that they changed."""
    for field in fields:
        old, new = before.get(field) or None, after.get(field) or None
        if old != new:
            yield presence(f"{prefix} {field}", old is not None, new is not None)


def names(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """Names of which the values stay hidden: environment variables, labels."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield presence(f"{prefix} {name}", name in before, name in after)


def safe(change: Change) -> Change:
    """Without anything that looks like a secret all the same."""
    return Change(*(redact_text(text)[:_MOST] for text in msgspec.structs.astuple(change)))


def presence(field: str, before: bool, after: bool) -> Change:  # noqa: FBT001  a pair, in order
    """That something came, went, or is another."""
    if before and after:
        return Change(field, "...", CHANGED)
    return Change(field, NONE, ADDED) if after else Change(field, "...", REMOVED)


def _text(value: object) -> str:
    match value:
        case None | "" | [] | ():
            return NONE
        case bool():
            return str(value).lower()
        case list() | tuple():
            return ", ".join(str(item) for item in value)
    return str(value)
