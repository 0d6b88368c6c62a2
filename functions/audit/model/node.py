"""A value somewhere in describe-shaped data, with its path; reading it never trusts its type.

What cannot be read (an intrinsic function nobody can resolve, a template's placeholder, a wrong type, a
denied call) raises ``Unknown``, which makes the rule's result UNKNOWN: missing data is never a pass.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

type Path = tuple[str | int, ...]

# {{mode}}, ${MODE}, <IMAGE1_NAME> (CodeDeploy's), $MODE: another tool fills them in before ECS sees them.
_PLACEHOLDER = re.compile(r"\{\{.*\}\}|\$\{[^{}]*\}|<[^<>]+>|\$\w+|%\w+%", re.DOTALL)
_BEGINS = ("{{", "$", "<", "%")
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_FLAGS = {"true": True, "false": False}
_LARGEST = 10**15


class Unresolved(NamedTuple):
    """Stands in the data where a value is that nobody could learn; says why.

    ``may_be_absent``: not even whether there is one is known, as with Fn::If and AWS::NoValue.
    """

    reason: str
    may_be_absent: bool = False


class Unknown(Exception):
    """A rule asked for something that is not known."""

    def __init__(self, reason: str, path: Path = ()) -> None:
        """Say what is not known, and where."""
        super().__init__(reason)
        self.reason = reason
        self.path = path


class Node:
    """A value and its path below the resource that holds it."""

    __slots__ = ("_known", "path", "value")

    def __init__(self, value: Any, path: Path = ()) -> None:
        """``None`` is a value that is not given."""
        self.value = value
        self.path = path
        # Rules do little else than to ask for the same few fields, again and again.
        self._known: dict[str | int, Node] | None = None

    def __getitem__(self, key: str | int) -> Node:
        """The value below; one that is not given if there is none."""
        known = self._known
        if known is None:
            known = self._known = {}
        elif key in known:
            return known[key]
        value = self.value
        if isinstance(value, dict) and isinstance(key, str):
            below = value.get(key)
        else:
            below = None if value is None else self._below(key)
        node = known[key] = Node(below, (*self.path, key))
        return node

    def _below(self, key: str | int) -> Any:
        match self.value:
            case Unresolved():
                # What the whole is, nobody knows: still less, whether it has this part.
                return Unresolved(self.value.reason, may_be_absent=True)
            case list() if isinstance(key, int):
                return self.value[key] if 0 <= key < len(self.value) else None
            case _:
                return Unresolved(
                    f"{self} should be {'an object' if isinstance(key, str) else 'a list'}"
                )

    @property
    def given(self) -> bool:
        """Is anything written here (even if nobody can resolve it)? UNKNOWN if even that is not known."""
        if isinstance(self.value, Unresolved) and self.value.may_be_absent:
            raise self._unreadable("something known")
        return self.value is not None

    @property
    def missing(self) -> bool:
        """Is nothing written here, or an empty text?"""
        return not self.given or self.value == ""

    @property
    def in_use(self) -> bool:
        """Does anything but nothing, false or something empty stand here? UNKNOWN if nobody can tell."""
        if isinstance(self.value, Unresolved) or self.placeholder:
            raise self._unreadable("something known")
        return self.given and self.value is not False and self.value not in ("", "false", [], {})

    @property
    def placeholder(self) -> bool:
        """Is the whole text something that another tool replaces?"""
        value = self.value
        return (
            isinstance(value, str)
            and value.startswith(_BEGINS)
            and _PLACEHOLDER.fullmatch(value) is not None
        )

    def text(self) -> str | None:
        """The text; None if not given. Numbers and flags as they are written."""
        value: Any = self.value
        if isinstance(value, str) and not value.startswith(_BEGINS):
            return value
        match value:
            case None:
                return None
            case str() if not self.placeholder:
                return str(self.value)
            case bool():
                return str(self.value).lower()
            case int() if abs(self.value) < _LARGEST:
                return str(self.value)
            case _:
                raise self._unreadable("a text")

    def whole(self) -> int | None:
        """The whole number; None if not given. ``"512"`` counts, as in the APIs."""
        match self.value:
            case None:
                return None
            case bool():
                raise self._unreadable("a whole number")
            case int() if abs(self.value) < _LARGEST:
                return self.value
            case float() if self.value.is_integer() and abs(self.value) < _LARGEST:
                return int(self.value)
            case str() if _WHOLE.fullmatch(self.value.strip()):
                return int(self.value)
            case _:
                raise self._unreadable("a whole number")

    def number(self) -> float | None:
        """The number; None if not given."""
        match self.value:
            case float() if math.isfinite(self.value):
                return self.value
            case str() if re.fullmatch(r"[+-]?\d{0,15}\.?\d{1,15}", self.value, re.ASCII):
                return float(self.value)
            case _:
                return self.whole()

    def flag(self) -> bool | None:
        """True or false; None if not given."""
        match self.value:
            case None | bool():
                return self.value
            case str() if self.value.lower() in _FLAGS:
                return _FLAGS[self.value.lower()]
            case _:
                raise self._unreadable("true or false")

    def items(self) -> list[Node]:
        """The elements of a list; none if not given."""
        match self.value:
            case None:
                return []
            case list():
                return [self[index] for index in range(len(self.value))]
            case _:
                raise self._unreadable("a list")

    def texts(self) -> list[str]:
        """The texts of a list; none if not given."""
        return [text for item in self.items() if (text := item.text()) is not None]

    def entries(self) -> dict[str, Node]:
        """The entries of an object; none if not given."""
        match self.value:
            case None:
                return {}
            case dict():
                return {
                    str(key): Node(value, (*self.path, key)) for key, value in self.value.items()
                }
            case _:
                raise self._unreadable("an object")

    def _unreadable(self, expected: str) -> Unknown:
        if isinstance(self.value, Unresolved):
            return Unknown(self.value.reason, self.path)
        if self.placeholder:
            return Unknown(f"{self} is the placeholder {self.value}", self.path)
        return Unknown(f"{self} should be {expected}", self.path)

    def __str__(self) -> str:
        """The path as people write it: ``containerDefinitions[0].portMappings[1].hostPort``."""
        return format_path(self.path)


def format_path(path: Path) -> str:
    """``a.b[0].c`` of ``("a", "b", 0, "c")``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
