"""Remedies as changes of a document: for people as text (``ecs-ops lint --fix``), for programs as JSON Patch.

Nothing here touches AWS.
"""

from __future__ import annotations

import copy
from typing import Any

from audit.model.node import Path
from audit.rule import Fix

# How the API and CloudFormation call the list of a target group's or load balancer's attributes.
ATTRIBUTE_LISTS = ("Attributes", "TargetGroupAttributes", "LoadBalancerAttributes")


class CannotPatch(Exception):
    """The document is not built as the remedy needs it."""


def patched(document: Any, *fixes: Fix) -> Any:
    """A copy of the document with the changes made, one after the other."""
    result = copy.deepcopy(document)
    for fix in fixes:
        if fix.value is None:
            _drop(result, fix.path)
        else:
            _put(result, fix.path, copy.deepcopy(fix.value))
    return result


def json_patch(document: Any, fix: Fix) -> list[dict[str, Any]]:
    """The change as operations of RFC 6902, including the objects that are not there yet."""
    if fix.value is None:
        return [{"op": "remove", "path": pointer(fix.path)}]
    depth = known_depth(document, fix.path)
    holder = _at(document, fix.path[:depth])
    whole = depth == len(fix.path)
    if not whole and isinstance(holder, list) and isinstance(fix.path[depth], str):
        added = named(str(fix.path[depth]), fix.value)
        return [{"op": "add", "path": f"{pointer(fix.path[:depth])}/-", "value": added}]
    path = fix.path if whole else fix.path[: depth + 1]
    value = fix.value if whole else nested(fix.path[depth:], fix.value)[fix.path[depth]]
    return [{"op": "replace" if whole else "add", "path": pointer(path), "value": value}]


def pointer(path: Path) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def nested(path: Path, value: Any) -> Any:
    """``{"a": {"b": value}}`` of ``("a", "b")``; lists of attributes hold named elements."""
    for part, holder in zip(reversed(path), reversed((None, *path[:-1])), strict=True):
        if isinstance(part, int):
            raise CannotPatch(f"there is no element {part} to change")
        value = [named(part, value)] if holder in ATTRIBUTE_LISTS else {part: value}
    return value


def named(key: str, value: Any) -> dict[str, Any]:
    """An attribute of a target group or load balancer."""
    return {"Key": key, "Value": value}


def _put(document: Any, path: Path, value: Any) -> None:
    depth = known_depth(document, path)
    if depth == len(path):
        _at(document, path[:-1])[path[-1]] = value
        return
    holder, part = _at(document, path[:depth]), path[depth]
    if isinstance(holder, list) and isinstance(part, str):
        holder.append(named(part, value))
    elif isinstance(holder, dict) and isinstance(part, str):
        holder[part] = nested(path[depth:], value)[part]
    else:
        raise CannotPatch(f"{pointer(path)} does not fit the document")


def _drop(document: Any, path: Path) -> None:
    if known_depth(document, path) < len(path):
        raise CannotPatch(f"{pointer(path)} is not there")
    del _at(document, path[:-1])[path[-1]]


def known_depth(document: Any, path: Path) -> int:
    """How many parts of the path are in the document."""
    for depth, part in enumerate(path):
        match document:
            case dict() if part in document:
                document = document[part]
            case list() if isinstance(part, int) and part < len(document):
                document = document[part]
            case _:
                return depth
    return len(path)


def _at(document: Any, path: Path) -> Any:
    for part in path:
        document = document[part]
    return document
