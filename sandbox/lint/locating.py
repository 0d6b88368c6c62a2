"""Where in its file a finding is."""

from __future__ import annotations

from typing import Any

from audit.model.node import Path
from audit.model.resource import Resource
from audit.report.entry import Location
from sandbox.lint.marked import MarkedDict, MarkedList, Span, Text
from sandbox.lint.renaming import template_names


def locate(text: Text, resource: Resource, path: Path) -> Location:
    """The field, or the nearest thing around it that is written in the file."""
    source = resource.source
    if path[: len(source.base)] == source.base:
        path = path[len(source.base) :]
    found = _descend(text.value, (*source.pointer, *path))
    return location(text, *(found or (0, 0)))


def location(text: Text, start: int, end: int) -> Location:
    """A span as lines and columns."""
    first, last = text.place(start), text.place(max(start, end))
    return Location(text.file, first.line, first.column, last.line, last.column)


def _descend(value: Any, path: Path) -> Span | None:
    at: Span | None = getattr(value, "span", None)
    for part in path:
        match value:
            case MarkedDict():
                name = written(value, part)
                if name is None:
                    return at
                # The name tells more than the bracket or the value after it.
                at = value.keys_at.get(name, at)
                value = value[name]
            case MarkedList() if isinstance(part, int) and part < len(value):
                at = value.values_at[part]
                if isinstance(value[part], MarkedDict | MarkedList):
                    at = (at[0], at[0] + 1)
                value = value[part]
            case _:
                return at
    return at


def written(holder: MarkedDict, part: str | int) -> str | None:
    """The name under which an object holds a field of the API; None if it does not."""
    if not isinstance(part, str):
        return None
    return next((name for name in template_names(part) if name in holder), None)
