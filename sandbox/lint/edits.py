"""One change of a document -> one edit of its text, in JSON and in both styles of YAML."""

from __future__ import annotations

import json
from typing import Any

from audit.model.node import Path
from audit.patch import CannotPatch, known_depth, named, nested
from sandbox.lint.marked import MarkedDict, MarkedList, Span, Text, follow

type Edit = tuple[Span, str]


def edit(text: Text, path: Path, value: Any) -> Edit:
    """The edit that sets the field, or removes it if the value is None; raises ``CannotPatch``."""
    depth = known_depth(text.value, path)
    holder, _ = follow(text.value, path[: min(depth, len(path) - 1)])
    if not isinstance(holder, MarkedDict | MarkedList):
        raise CannotPatch("nothing there to change")
    if depth == len(path):
        return (
            _remove(text, holder, path[-1])
            if value is None
            else _replace(text, holder, path[-1], value)
        )
    part = path[depth]
    if value is None or not isinstance(part, str):
        raise CannotPatch("nothing there to remove")
    if isinstance(holder, MarkedList):
        return _append(text, holder, named(part, value))
    return _insert(text, holder, part, nested(path[depth:], value)[part])


def _spans(text: Text, holder: MarkedDict | MarkedList) -> list[tuple[str | int, int, Span]]:
    """Every member: its key, where it begins (the key, if it has one), and its value's span."""
    if isinstance(holder, MarkedList):
        return [
            (index, at[0], (at[0], _end(text, holder[index], at)))
            for index, at in enumerate(holder.values_at)
        ]
    found = [
        (key, holder.keys_at[key][0], (at[0], _end(text, holder[key], at)))
        for key, at in holder.values_at.items()
    ]
    return sorted(found, key=lambda member: member[1])


def _end(text: Text, value: Any, at: Span) -> int:
    # For the YAML parser a block ends where the next token begins, beyond comments and blank lines.
    if _is_block(text, value, at):
        members = _spans(text, value)
        return members[-1][2][1]
    return at[1]


def _is_block(text: Text, value: Any, at: Span) -> bool:
    members = value.values_at if isinstance(value, MarkedDict | MarkedList) else ()
    return bool(members) and text.text[at[0]] not in "{[!&*"


def _member(
    members: list[tuple[str | int, int, Span]], key: str | int
) -> tuple[int, tuple[str | int, int, Span]]:
    for index, member in enumerate(members):
        if member[0] == key:
            return index, member
    raise CannotPatch(f"{key} comes from elsewhere")  # a YAML merge


def _replace(text: Text, holder: MarkedDict | MarkedList, key: str | int, value: Any) -> Edit:
    _, (_, _, (start, end)) = _member(_spans(text, holder), key)
    if isinstance(holder, MarkedDict) and _is_block(text, holder[str(key)], (start, end)):
        # A block stands on lines of its own, where a plain value may not.
        return (holder.keys_at[str(key)][1], end), f": {json.dumps(value)}"
    return (start, end), json.dumps(value)


def _remove(text: Text, holder: MarkedDict | MarkedList, key: str | int) -> Edit:
    members = _spans(text, holder)
    index, (_, start, (_, end)) = _member(members, key)
    if index + 1 < len(members):
        return (start, members[index + 1][1]), ""
    if index == 0:
        raise CannotPatch("nothing would be left")
    return (members[index - 1][2][1], end), ""


def _insert(text: Text, holder: MarkedDict, key: str, value: Any) -> Edit:
    members = _spans(text, holder)
    start = holder.span[0]
    flow = text.text[start] == "{"
    written = f"{json.dumps(key)}: {json.dumps(value)}" if flow else f"{key}: {json.dumps(value)}"
    if not members:
        if not flow:
            raise CannotPatch("an empty object has no place for it")
        return (start + 1, start + 1), written
    first, (_, end) = members[0][1:]
    # After the first member: a container keeps its name on top.
    at = members[1][1] if len(members) > 1 else first
    if not flow:
        return (at, at), f"{written}\n{' ' * (text.place(at).column - 1)}"
    blank = text.text[start + 1 : first] or " "
    if len(members) == 1:
        return (end, end), f",{blank}{written}"
    return (at, at), f"{written},{blank}"


def _append(text: Text, holder: MarkedList, value: Any) -> Edit:
    start, end = holder.span
    members = _spans(text, holder)
    if text.text[start] == "[":
        last = members[-1][2][1] if members else end - 1
        return (last, last), f"{', ' if members else ''}{json.dumps(value)}"
    if not members:
        raise CannotPatch("an empty list has no place for it")
    last = members[-1][2][1]
    dash = text.text.rfind("-", 0, members[-1][1])
    indentation = " " * (text.place(dash).column - 1)
    return (last, last), f"\n{indentation}- {json.dumps(value)}"
