"""Holds a document against the shape that the ECS API takes: names, types, required fields, values.

Source: botocore's model of Amazon ECS, by which the AWS CLI and boto3 refuse a request before they send it.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from audit.model.node import Node, Path, Unknown, Unresolved, format_path

_FILE = pathlib.Path(__file__).with_name("api_shapes.json")
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a text", (str,)),
    "integer": ("a whole number", (int,)),
    "long": ("a whole number", (int,)),
    "double": ("a number", (int, float)),
    "boolean": ("true or false", (bool,)),
}
# Sets of two or three have stayed what they were; of launch types and operating systems there come new ones.
_NEVER_GREW = 3
_CLOSED = frozenset({"ContainerCondition"})


type Kind = Literal["unknown", "type", "missing", "value"]


class Problem(NamedTuple):
    """A field that the API does not take as it is; ``likely`` is the name or value that was probably meant.

    ``newer``: the API may have learnt it since our copy was made.
    """

    kind: Kind
    node: Node
    message: str
    likely: str | None = None
    newer: bool = False


@cache
def _file() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def version() -> str:
    """The version of botocore that the shapes are from."""
    return str(_file()["botocore"])


def problems(document: Node, root: str) -> Iterator[Problem]:
    """What is wrong with a document of a kind that has a root; UNKNOWN last, if something was unreadable."""
    document.entries()  # UNKNOWN if it is no object at all
    found = _Found(document)
    found.in_structure(document.value or {}, (), _file()["roots"][root])
    yield from found.problems
    if found.unreadable:
        raise found.unreadable[0]


class _Found:
    """Walks the plain values: nearly all are right, and need no node of their own."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._shapes: dict[str, Any] = _file()["shapes"]
        self.problems: list[Problem] = []
        self.unreadable: list[Unknown] = []

    def in_structure(self, value: dict[str, Any], path: Path, shape: dict[str, Any]) -> None:
        members = shape["members"]
        for name, each in value.items():
            if each is None:
                continue
            if name in members:
                self._in_value(each, (*path, name), members[name])
            else:
                near = _near(name, members)
                said = f"{name} is no field of the API"
                self._add("unknown", (*path, name), said, near[0] if near else None, newer=not near)
        for name in shape["required"]:
            if value.get(name) is None:
                self._add("missing", (*path, name), f'Missing required parameter: "{name}"')

    def _in_value(self, value: Any, path: Path, name: str) -> None:
        if isinstance(value, Unresolved) or (
            # The placeholder of a text may stand for any text; what a number's stands for, nobody knows.
            name != "string" and isinstance(value, str) and Node(value).placeholder
        ):
            self.unreadable.append(Unknown(f"{format_path(path)} is not known", path))
            return
        shape = self._shapes.get(name)
        if shape is None:
            self._in_scalar(value, path, name)
        elif "type" in shape:
            self._in_scalar(value, path, shape["type"])
            if "enum" in shape:
                self._in_set(value, path, shape["enum"], closed=name in _CLOSED)
            else:
                self._in_range(value, path, shape)
                self._in_length(value, path, "characters", shape)
        elif "items" in shape and isinstance(value, list):
            self._in_length(value, path, "elements", shape)
            self._in_all(enumerate(value), path, shape["items"])
        elif "items" in shape or not isinstance(value, dict):
            self._mistyped(value, path, "a list" if "items" in shape else "an object")
        elif "members" in shape:
            self.in_structure(value, path, shape)
        else:
            self._in_all(value.items(), path, shape["values"])

    def _in_all(self, values: Iterable[tuple[str | int, Any]], path: Path, name: str) -> None:
        for key, each in values:
            if each is not None:
                self._in_value(each, (*path, key), name)

    def _in_scalar(self, value: Any, path: Path, name: str) -> None:
        if name in ("document", "timestamp"):
            return  # a document is whatever the user likes; times are described, no request takes one
        expected, types = _TYPES[name]
        # Python's flags are numbers, the API's are not.
        if not isinstance(value, types) or (isinstance(value, bool) and name != "boolean"):
            self._mistyped(value, path, expected)

    def _in_set(self, value: Any, path: Path, known: list[str], *, closed: bool) -> None:
        if not isinstance(value, str) or value in known:
            return
        by_lower = {each.lower(): each for each in known}
        near = _near(value.lower(), by_lower)
        sets = f"Member must satisfy enum value set: [{', '.join(known)}]"
        said = f"{format_path(path)} is {value[:64]!r}: {sets}"
        likely = by_lower[near[0]] if near else None
        newer = likely is None and len(known) > _NEVER_GREW and not closed
        self._add("value", path, said, likely, newer=newer)

    def _in_range(self, value: Any, path: Path, shape: dict[str, Any]) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            return
        least, most = shape.get("min", value), shape.get("max", value)
        if not least <= value <= most:
            may = f"from {least} to {most}" if "max" in shape else f"at least {least}"
            self._add("value", path, f"{format_path(path)} is {value}: it must be {may}")

    def _in_length(self, value: Any, path: Path, what: str, shape: dict[str, Any]) -> None:
        if not isinstance(value, str | list):
            return
        least, most = shape.get("min", 0), shape.get("max", len(value))
        if not least <= len(value) <= most:
            may = f"{least} to {most}" if "max" in shape else f"at least {least}"
            said = f"{format_path(path)} has {len(value)} {what}: it must have {may}"
            self._add("value", path, said)

    def _mistyped(self, value: Any, path: Path, expected: str) -> None:
        # The readers of files have lists and objects of their own, and a flag is a number to Python.
        kinds = {bool: "a flag", str: "a text", dict: "an object", list: "a list"}
        kind = next((told for known, told in kinds.items() if isinstance(value, known)), "a number")
        where = format_path(path)
        self._add("type", path, f"Invalid type for parameter {where}: it is {kind}, not {expected}")

    def _add(
        self,
        kind: Kind,
        path: Path,
        message: str,
        likely: str | None = None,
        *,
        newer: bool = False,
    ) -> None:
        node = self._document
        for part in path:
            node = node[part]
        self.problems.append(Problem(kind, node, message, likely, newer))


def _near(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name[:64], list(known), n=1, cutoff=0.75)
