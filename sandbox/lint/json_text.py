"""JSON with positions, and with what people write into it: comments and trailing commas.

Those two are reported and read over, since the rest of the file is worth auditing; anything else that is no
JSON ends the reading. Nothing here recurses: nesting is a matter of memory only.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from sandbox.lint.marked import MarkedDict, MarkedList, Problem, Span, Unreadable
from sandbox.lint.plain_json import Surprise, read_plain

_TOKEN = re.compile(
    r"""(?P<string>"[^"\\\x00-\x1f]*")
      | (?P<escaped>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<punctuation>[{}\[\],:])
      | (?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>(?:true|false|null)(?!\w))
      | (?P<comment>//[^\n]*|/\*.*?\*/|\#[^\n]*)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 400
_END = ""


class _Open:
    """An object or list that is not closed yet."""

    def __init__(self, holder: MarkedDict | MarkedList) -> None:
        self.holder = holder
        self.expects = "first"  # first, key, colon, value, more
        self.key = ""
        self.key_at: Span = (0, 0)
        self.comma_at = 0


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.root: Any = None
        self.ended = False

    def read(self) -> Any:
        position = 0
        while True:
            kind, start, position = self._token(position)
            if kind == _END:
                break
            self._take(kind, start, position)
        if self.stack:
            holder = self.stack[-1].holder
            name = "object" if isinstance(holder, MarkedDict) else "list"
            raise Unreadable(holder.span[0], f"this {name} is never closed")
        if not self.ended:
            raise Unreadable(0, "the file is empty")
        return self.root

    def _token(self, position: int) -> tuple[str, int, int]:
        start = _skip_blank(self.text, position)
        if start == len(self.text):
            return _END, start, start
        match = _TOKEN.match(self.text, start)
        if match is None:
            raise Unreadable(start, f"not JSON: {_excerpt(self.text, start)}")
        return str(match.lastgroup), start, match.end()

    def _take(self, kind: str, start: int, end: int) -> None:
        if kind == "comment":
            self.problems.append(Problem(start, "JSON has no comments; AWS refuses the file"))
        elif self.ended:
            raise Unreadable(start, "more text after the document's end")
        elif kind == "punctuation":
            self._punctuation(self.text[start], start)
        else:
            self._scalar(kind, start, end)

    def _punctuation(self, char: str, start: int) -> None:
        if char in "{[":
            self._expect_value(start)
            self.stack.append(_Open(MarkedDict(start) if char == "{" else MarkedList(start)))
            return
        top = self.stack[-1] if self.stack else self._unexpected(start)
        if char == ":" and top.expects == "colon":
            top.expects = "value"
        elif char == "," and top.expects == "more":
            top.expects = "key" if isinstance(top.holder, MarkedDict) else "value"
            top.comma_at = start
        elif char == "}" and isinstance(top.holder, MarkedDict):
            self._close(top, start, ("first", "more", "key"))
        elif char == "]" and isinstance(top.holder, MarkedList):
            self._close(top, start, ("first", "more", "value"))
        else:
            self._unexpected(start)

    def _close(self, top: _Open, start: int, may: tuple[str, ...]) -> None:
        if top.expects not in may:
            self._unexpected(start)
        if top.expects in ("key", "value"):
            self.problems.append(Problem(top.comma_at, "a comma before the closing bracket"))
        top.holder.span = (top.holder.span[0], start + 1)
        self.stack.pop()
        self._add(top.holder, top.holder.span)

    def _scalar(self, kind: str, start: int, end: int) -> None:
        top = self.stack[-1] if self.stack else None
        is_text = kind in ("string", "escaped")
        value = self._value(kind, start, end)
        if top and isinstance(top.holder, MarkedDict) and top.expects in ("first", "key"):
            if not is_text:
                raise Unreadable(
                    start, f"a name in quotes belongs here: {_excerpt(self.text, start)}"
                )
            if value in top.holder:
                self.problems.append(
                    Problem(start, f"{value!r} is given twice; the last one counts")
                )
            top.key, top.key_at, top.expects = value, (start, end), "colon"
            return
        self._expect_value(start)
        self._add(value, (start, end))

    def _value(self, kind: str, start: int, end: int) -> Any:
        raw = self.text[start:end]
        if kind == "string":
            return raw[1:-1]
        if kind == "word":
            return _WORDS[raw]
        if kind == "number" and len(raw) > _LONGEST_NUMBER:
            raise Unreadable(start, f"a number of {len(raw)} digits")
        try:
            return json.loads(raw)
        except ValueError as error:
            raise Unreadable(start, f"not JSON: {error}") from None

    def _expect_value(self, start: int) -> None:
        if self.stack:
            top = self.stack[-1]
            first = top.expects == "first" and isinstance(top.holder, MarkedList)
            if top.expects != "value" and not first:
                self._unexpected(start)

    def _add(self, value: Any, at: Span) -> None:
        if not self.stack:
            self.root, self.ended = value, True
            return
        top = self.stack[-1]
        if isinstance(top.holder, MarkedDict):
            top.holder.add(top.key, top.key_at, value, at)
        else:
            top.holder.add(value, at)
        top.expects = "more"

    def _unexpected(self, start: int) -> NoReturn:
        expected = {
            "colon": "a colon is missing",
            "more": "a comma or a closing bracket is missing",
            "first": "a name in quotes or a closing bracket belongs",
            "key": "a name in quotes belongs",
            "value": "a value belongs",
        }.get(self.stack[-1].expects if self.stack else "", "not JSON")
        raise Unreadable(start, f"{expected} before {_excerpt(self.text, start)}")


def parse_json(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """The value with its marks, and what was read over; raises ``Unreadable``."""
    try:
        return read_plain(text), ()
    except Surprise:
        return parse_exactly(text)


def parse_exactly(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """The same, one token after another: it can say what is wrong."""
    reader = _Reader(text)
    return reader.read(), tuple(reader.problems)


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _excerpt(text: str, start: int) -> str:
    line = text[start : start + 20].split("\n", 1)[0]
    return repr(line.rstrip())
