"""The file of suppressions: YAML (or JSON); every problem names its line and its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from audit.suppression import Suppression
from sandbox.errors import InvalidOption
from sandbox.lint.marked import MarkedDict, MarkedList, Text, Unreadable
from sandbox.lint.reading import read
from sandbox.lint.text_problems import RULES as TEXT_RULES

_REQUIRED = ("rule", "reason", "until")
_PATTERNS = ("resource", "container", "file")


class InvalidSuppressions(InvalidOption):
    """The file cannot be understood; the message names file, line and field."""


def read_suppressions(file: str, rules: frozenset[str]) -> list[Suppression]:
    """Every suppression of the file; ``rules`` are the ids there are."""
    try:
        text = read(file)
    except Unreadable as error:
        raise InvalidSuppressions(f"{file}: {error.message}") from None
    return _Reader(text, rules | TEXT_RULES).read()


class _Reader:
    def __init__(self, text: Text, rules: frozenset[str]) -> None:
        self._text = text
        self._rules = rules

    def read(self) -> list[Suppression]:
        root = self._text.value
        if not isinstance(root, MarkedDict) or set(root) != {"suppressions"}:
            raise self._problem(0, "expected 'suppressions:' and a list, and nothing else")
        listed = root["suppressions"]
        if not isinstance(listed, MarkedList):
            raise self._problem(root.keys_at["suppressions"][0], "suppressions: expected a list")
        return [
            self._suppression(each, at[0], f"suppressions[{index}]")
            for index, (each, at) in enumerate(zip(listed, listed.values_at, strict=True))
        ]

    def _suppression(self, value: Any, at: int, path: str) -> Suppression:
        if not isinstance(value, MarkedDict):
            raise self._problem(at, f"{path}: expected fields ({', '.join(_REQUIRED + _PATTERNS)})")
        for name in value:
            if name not in _REQUIRED + _PATTERNS:
                where = value.keys_at[name][0] if name in value.keys_at else at
                raise self._problem(where, f"{path}.{name}: unknown field")
        for name in _REQUIRED:
            if name not in value:
                raise self._problem(at, f"{path}: {name!r} is missing")
        patterns: dict[str, Any] = {
            name: self._field(value, path, name, _text) for name in _PATTERNS if name in value
        }
        return Suppression(
            self._field(value, path, "rule", self._rule),
            self._field(value, path, "reason", _text),
            self._field(value, path, "until", _day),
            f"line {self._text.place(at).line} of {self._text.file}",
            **patterns,
        )

    def _field[T](self, value: MarkedDict, path: str, name: str, read: Callable[[Any], T]) -> T:
        try:
            return read(value[name])
        except ValueError as error:
            at = value.keys_at.get(name, value.span)[0]
            raise self._problem(at, f"{path}.{name}: {error}") from None

    def _rule(self, value: Any) -> str:
        rule = _text(value)
        if "*" not in rule and rule not in self._rules:
            raise ValueError(f"no rule is called {rule!r}")
        return rule

    def _problem(self, offset: int, message: str) -> InvalidSuppressions:
        place = self._text.place(offset)
        return InvalidSuppressions(f"{self._text.file}, line {place.line}, {message}")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("expected a day like 2026-12-31") from None
