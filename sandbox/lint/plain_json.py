"""JSON as programs write it, read with positions: one match of a regular expression for each value.

Several times as fast as the exact reader, and it knows only what is right: at the first surprise it gives up,
and the exact reader says what is wrong. Both answer the same for what both can read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.lint.marked import MarkedDict, MarkedList, Span

_BLANK = r"[ \t\r\n]*+"
_STRING = r'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"'
_NUMBER = r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,50})?(?:[eE][+-]?\d{1,5})?(?![\w.])"
_WORD = r"(?:true|false|null)(?!\w)"
_SCALAR = rf"(?:({_STRING})|({_NUMBER})|({_WORD})){_BLANK}([,}}\]]){_BLANK}"
_VALUE = rf"(?:{_SCALAR}|([{{\[]){_BLANK})"
# What both have in common stands in groups of equal numbers; an element's first one is empty.
_MEMBER = re.compile(rf"({_STRING}){_BLANK}:{_BLANK}{_VALUE}", re.ASCII)
_ELEMENT = re.compile(rf"(){_VALUE}", re.ASCII)
_AFTER = re.compile(rf"{_BLANK}([,}}\]]){_BLANK}")
_FIRST = re.compile(_BLANK)
_TEXT_AT, _NUMBER_AT, _WORD_AT, _NEXT_AT, _OPEN_AT = 2, 3, 4, 5, 6
_WORDS = {"true": True, "false": False, "null": None}


class Surprise(Exception):
    """Something that only the exact reader can judge."""


class _Plain:
    """Reads one document; ``holder`` is what is being filled, ``stack`` what that stands in."""

    def __init__(self, text: str) -> None:
        self.text = text
        # The document is the only element of a list that never closes.
        self.root = MarkedList(0)
        self.holder: MarkedDict | MarkedList = self.root
        self.stack: list[tuple[MarkedDict | MarkedList, str, Span]] = []

    def read(self) -> Any:
        text, key, key_at = self.text, "", (0, 0)
        position = _end(_FIRST.match(text))
        while not self.root:
            holder = self.holder
            named = isinstance(holder, MarkedDict)
            match = (_MEMBER if named else _ELEMENT).match(text, position)
            if match is None:
                raise Surprise
            if named:
                key, key_at = _string(match[1]), match.span(1)
                if key in holder:
                    raise Surprise
            if match.lastindex == _OPEN_AT:
                position = self._open(match, key, key_at)
                continue
            if not self.stack:
                raise Surprise  # a document that is no more than a word
            value, at = _scalar(match)
            if isinstance(holder, MarkedDict):
                holder.add(key, key_at, value, at)
            else:
                holder.add(value, at)
            position = match.end()
            if match[_NEXT_AT] != ",":
                position = self._close(match[_NEXT_AT], match.end(_NEXT_AT), position)
        if position != len(text):
            raise Surprise
        return self.root[0]

    def _open(self, match: re.Match[str], key: str, key_at: Span) -> int:
        """Where the first value inside begins, or, if there is none, what follows."""
        start, position = match.start(_OPEN_AT), match.end()
        bracket = self.text[start]
        self.stack.append((self.holder, key, key_at))
        self.holder = MarkedDict(start) if bracket == "{" else MarkedList(start)
        inside = self.text[position : position + 1]
        if inside and inside in "}]":
            return self._close(inside, position + 1, position + 1)
        return position

    def _close(self, bracket: str, end: int, position: int) -> int:
        """Close what ends here, and what ends right after it; where the next value begins."""
        while bracket != ",":
            closed = self.holder
            if not self.stack or (bracket == "}") != isinstance(closed, MarkedDict):
                raise Surprise
            at = closed.span = (closed.span[0], end)
            self.holder, key, key_at = self.stack.pop()
            if isinstance(self.holder, MarkedDict):
                self.holder.add(key, key_at, closed, at)
            else:
                self.holder.add(closed, at)
            if not self.stack:
                return _end(_FIRST.match(self.text, end))
            match = _AFTER.match(self.text, end)
            if match is None:
                raise Surprise
            bracket, end, position = match[1], match.end(1), match.end()
        return position


def read_plain(text: str) -> Any:
    """The value with its marks; raises ``Surprise``."""
    return _Plain(text).read()


def _scalar(match: re.Match[str]) -> tuple[Any, Span]:
    raw = match[_TEXT_AT]
    if raw is not None:
        return _string(raw), match.span(_TEXT_AT)
    raw = match[_NUMBER_AT]
    if raw is not None:
        return json.loads(raw), match.span(_NUMBER_AT)
    return _WORDS[match[_WORD_AT]], match.span(_WORD_AT)


def _string(raw: str) -> str:
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return str(json.loads(raw))
    except ValueError:
        raise Surprise from None


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
