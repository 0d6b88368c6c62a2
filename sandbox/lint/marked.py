"""Plain data that remembers where in its text every value stood."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Any, NamedTuple

from audit.model.node import Path

type Span = tuple[int, int]


class MarkedDict(dict[str, Any]):
    """An object; ``keys_at`` and ``values_at`` are the spans of its members, ``span`` is its own."""

    __slots__ = ("keys_at", "span", "values_at")

    def __init__(self, start: int) -> None:
        """Empty, and open until its end is known."""
        super().__init__()
        self.span: Span = (start, start)
        self.keys_at: dict[str, Span] = {}
        self.values_at: dict[str, Span] = {}

    def add(self, key: str, key_at: Span, value: Any, value_at: Span) -> None:
        """Add a member; of equal keys the last one wins, as in every JSON reader of AWS."""
        self[key] = value
        self.keys_at[key] = key_at
        self.values_at[key] = value_at


class MarkedList(list[Any]):
    """A list; ``values_at`` are the spans of its elements, ``span`` is its own."""

    __slots__ = ("span", "values_at")

    def __init__(self, start: int) -> None:
        """Empty, and open until its end is known."""
        super().__init__()
        self.span: Span = (start, start)
        self.values_at: list[Span] = []

    def add(self, value: Any, at: Span) -> None:
        """Add an element."""
        self.append(value)
        self.values_at.append(at)


class Problem(NamedTuple):
    """Something wrong with the text itself."""

    offset: int
    message: str


class Unreadable(Exception):
    """The text is neither JSON nor YAML; nothing of it can be looked at."""

    def __init__(self, offset: int, message: str, remedy: str = "write valid JSON or YAML") -> None:
        """Say where reading ended."""
        super().__init__(message)
        self.remedy = remedy
        self.offset = offset
        self.message = message
        self.text = ""


class Place(NamedTuple):
    """A line and a column, both from 1, and the span of the text."""

    line: int
    column: int
    span: Span


class Text:
    """A file's text, its value, and what is wrong with it."""

    def __init__(
        self, file: str, text: str, value: Any, problems: tuple[Problem, ...] = ()
    ) -> None:
        """``value`` remembers where it stands in the text."""
        self.file = file
        self.text = text
        self.value = value
        self.problems = problems

    @cached_property
    def lines(self) -> list[int]:
        """Where each line begins."""
        return line_starts(self.text)

    def place(self, offset: int, end: int | None = None) -> Place:
        """Line and column of an offset."""
        line = bisect_right(self.lines, offset)
        return Place(line, offset - self.lines[line - 1] + 1, (offset, end or offset))


def line_starts(text: str) -> list[int]:
    """The offset of every line's first character."""
    starts = [0]
    offset = text.find("\n")
    while offset >= 0:
        starts.append(offset + 1)
        offset = text.find("\n", offset + 1)
    return starts


def follow(value: Any, path: Path) -> tuple[Any, Path]:
    """As far as the path leads in the data, and the part of it that was found."""
    for depth, part in enumerate(path):
        if isinstance(value, MarkedDict) and part in value:
            value = value[str(part)]
        elif isinstance(value, MarkedList) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return value, path[:depth]
    return value, path
