"""JSON as programs write it, read with positions in a few matches of regular expressions.

About twice as fast as the exact reader, and it knows only what is right: at the first surprise it gives up,
and the exact reader says what is wrong. Both answer the same for what both can read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.lint.marked import MarkedDict, MarkedList, Span

_BLANK = re.compile(r"[ \t\r\n]*")
_VALUE = re.compile(
    r"""("(?:[^"\\\x00-\x1f]|\\.)*")
      | (-?(?:0|[1-9]\d{0,300})(?:\.\d{1,50})?(?:[eE][+-]?\d{1,5})?(?![\w.]))
      | ((?:true|false|null)(?!\w))
      | ([{\[])""",
    re.VERBOSE | re.ASCII,
)
_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\\x00-\x1f]|\\.)*")[ \t\r\n]*:[ \t\r\n]*')
_AFTER = re.compile(r"[ \t\r\n]*([,}\]])[ \t\r\n]*")
_TEXT, _NUMBER, _WORD = 1, 2, 3
_WORDS = {"true": True, "false": False, "null": None}


class Surprise(Exception):
    """Something that only the exact reader can judge."""


class _Plain:
    """Reads one document; ``holder`` is what is being filled, ``stack`` what that stands in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = None
        self.holder: MarkedDict | MarkedList | None = None
        self.stack: list[tuple[MarkedDict | MarkedList | None, str, Span]] = []
        self.key = ""
        self.key_at: Span = (0, 0)

    def read(self) -> Any:
        text, match_value = self.text, _VALUE.match
        position = self._blank(0)
        while True:
            match = match_value(text, position)
            if match is None:
                raise Surprise
            start, end = match.span()
            kind = match.lastindex
            value: Any
            if kind == _TEXT:
                value = _string(match[0])
            elif kind == _NUMBER:
                value = json.loads(match[0])
            elif kind == _WORD:
                value = _WORDS[match[0]]
            else:
                inside = self._open(start, end)
                if inside is not None:
                    position = inside
                    continue
                # Empty: it is a value already.
                value = self.holder
                end = value.span[1] if value is not None else end
                self.holder, self.key, self.key_at = self.stack.pop()
            position = self._put(value, (start, end))
            if position < 0:
                return self.root

    def _open(self, start: int, end: int) -> int | None:
        """Where the first value inside begins; None if there is nothing inside."""
        opened = MarkedDict(start) if self.text[start] == "{" else MarkedList(start)
        self.stack.append((self.holder, self.key, self.key_at))
        self.holder = opened
        inside = self._blank(end)
        if self.text[inside : inside + 1] == ("}" if isinstance(opened, MarkedDict) else "]"):
            opened.span = (start, inside + 1)
            return None
        return self._key(opened, inside) if isinstance(opened, MarkedDict) else inside

    def _put(self, value: Any, at: Span) -> int:
        """Add a value, close what ends after it; where the next one begins, -1 at the end."""
        while True:
            holder = self.holder
            if holder is None:
                if self._blank(at[1]) != len(self.text):
                    raise Surprise
                self.root = value
                return -1
            if isinstance(holder, MarkedDict):
                holder.add(self.key, self.key_at, value, at)
            else:
                holder.add(value, at)
            match = _AFTER.match(self.text, at[1])
            if match is None:
                raise Surprise
            char = match[1]
            if char == ",":
                if isinstance(holder, MarkedDict):
                    return self._key(holder, match.end())
                return match.end()
            if (char == "}") != isinstance(holder, MarkedDict):
                raise Surprise
            at = holder.span = (holder.span[0], match.end(1))
            value = holder
            self.holder, self.key, self.key_at = self.stack.pop()

    def _key(self, holder: MarkedDict, position: int) -> int:
        match = _KEY.match(self.text, position)
        if match is None:
            raise Surprise
        key = _string(match[1])
        if key in holder:
            raise Surprise
        self.key, self.key_at = key, match.span(1)
        return match.end()

    def _blank(self, position: int) -> int:
        match = _BLANK.match(self.text, position)
        return match.end() if match else position


def read_plain(text: str) -> Any:
    """The value with its marks; raises ``Surprise``."""
    return _Plain(text).read()


def _string(raw: str) -> str:
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return str(json.loads(raw))
    except ValueError:
        raise Surprise from None
