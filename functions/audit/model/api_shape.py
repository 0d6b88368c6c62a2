"""Holds a document against the shape that the ECS API takes: names, types, required fields, values.

Source: botocore's model of Amazon ECS, by which the AWS CLI and boto3 refuse a request before they send it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from audit.model.node import Node, Unknown, Unresolved

_FILE = Path(__file__).with_name("api_shapes.json")
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


class Problem(NamedTuple):
    """A field that the API does not take as it is; ``likely`` is the name or value that was probably meant.

    ``newer``: the API may have learnt it since our copy was made.
    """

    kind: Literal["unknown", "type", "missing", "value"]
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
    """What is wrong with a ``task definition`` or ``service``; UNKNOWN last, if something was unreadable."""
    unreadable: list[Unknown] = []
    yield from _of_structure(document, _file()["roots"][root], unreadable)
    if unreadable:
        raise unreadable[0]


def _of_structure(
    node: Node, shape: dict[str, Any], unreadable: list[Unknown]
) -> Iterator[Problem]:
    members, entries = shape["members"], node.entries()
    for name, value in entries.items():
        if not value.given:
            continue
        if name in members:
            yield from _of_value(value, members[name], unreadable)
        else:
            near = _near(name, members)
            said = f"{name} is no field of the API"
            yield Problem("unknown", value, said, near[0] if near else None, newer=not near)
    for name in shape["required"]:
        if not node[name].given:
            yield Problem("missing", node[name], f'Missing required parameter: "{name}"')


def _of_value(node: Node, name: str, unreadable: list[Unknown]) -> Iterator[Problem]:
    if isinstance(node.value, Unresolved) or node.placeholder:
        # The placeholder of a text may stand for any text; what a number's stands for, nobody knows.
        if name != "string" or isinstance(node.value, Unresolved):
            unreadable.append(Unknown(f"{node} is not known", node.path))
        return
    shape = _file()["shapes"].get(name)
    if shape is None or "type" in shape:
        yield from _of_scalar(node, shape["type"] if shape else name)
        if shape and shape.get("enum"):
            yield from _of_set(node, shape["enum"], closed=name in _CLOSED)
        elif shape:
            yield from _of_range(node, shape.get("min"), shape.get("max"))
            yield from _of_length(node, "characters", shape)
        return
    expected, kind = ("a list", list) if "items" in shape else ("an object", dict)
    if not isinstance(node.value, kind):
        yield _mistyped(node, expected)
        return
    yield from _of_length(node, "elements", shape)
    if "members" in shape:
        yield from _of_structure(node, shape, unreadable)
    else:
        for child in node.items() if kind is list else node.entries().values():
            yield from _of_value(child, shape.get("items") or shape["values"], unreadable)


def _of_scalar(node: Node, name: str) -> Iterator[Problem]:
    if name in ("document", "timestamp"):
        return  # a document is whatever the user likes; times are described, no request takes one
    expected, types = _TYPES[name]
    wrong = not isinstance(node.value, types)
    # Python's flags are numbers, the API's are not.
    if wrong or (isinstance(node.value, bool) and name != "boolean"):
        yield _mistyped(node, expected)


def _of_set(node: Node, known: list[str], *, closed: bool) -> Iterator[Problem]:
    value = node.value
    if not isinstance(value, str) or value in known:
        return
    by_lower = {each.lower(): each for each in known}
    near = _near(value.lower(), by_lower)
    said = f"{node} is {value[:64]!r}: Member must satisfy enum value set: [{', '.join(known)}]"
    likely = by_lower[near[0]] if near else None
    newer = likely is None and len(known) > _NEVER_GREW and not closed
    yield Problem("value", node, said, likely, newer=newer)


def _near(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name[:64], list(known), n=1, cutoff=0.75)


def _of_range(node: Node, least: int | None, most: int | None) -> Iterator[Problem]:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int):
        return
    if (least is not None and value < least) or (most is not None and value > most):
        may = f"from {least} to {most}" if most is not None else f"at least {least}"
        said = f"{node} is {value}: it must be {may}"
        yield Problem("value", node, said)


def _of_length(node: Node, what: str, shape: dict[str, Any]) -> Iterator[Problem]:
    value = node.value
    if not isinstance(value, str | list):
        return
    least, most = shape.get("min", 0), shape.get("max", len(value))
    if not least <= len(value) <= most:
        may = f"{least} to {most}" if "max" in shape else f"at least {least}"
        yield Problem("value", node, f"{node} has {len(value)} {what}: it must have {may}")


def _mistyped(node: Node, expected: str) -> Problem:
    # The readers of files have lists and objects of their own, and a flag is a number to Python.
    kinds = {bool: "a flag", str: "a text", dict: "an object", list: "a list"}
    kind = next(
        (told for known, told in kinds.items() if isinstance(node.value, known)), "a number"
    )
    return Problem("type", node, f"Invalid type for parameter {node}: it is {kind}, not {expected}")
