"""YAML read node by node, so that every problem names its line and its field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ecsops.errors import InvalidSetting

_MAX_DEPTH_MESSAGE = "nested too deeply"
_MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Field:
    """A node of the document and its path, e.g. ``routes[1].match.service``."""

    node: Any
    path: str

    def problem(self, text: str) -> InvalidSetting:
        """The error that says what is wrong with this field."""
        return InvalidSetting(f"line {self.node.start_mark.line + 1}, {self.path}: {text}")

    def fields(self, *known: str, required: tuple[str, ...] = ()) -> dict[str, Field]:
        """The fields of a mapping; unknown, repeated and missing ones are errors."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.problem(f"expected fields ({', '.join(known)}), got {self._kind()}")
        found: dict[str, Field] = {}
        for key, value in self.node.value:
            name = str(key.value)
            field = Field(key, f"{self.path}.{name}" if self.path != "$" else name)
            if name not in known:
                raise field.problem(f"unknown field; there are: {', '.join(known)}")
            if name in found:
                raise field.problem("given twice")
            found[name] = Field(value, field.path)
        for name in required:
            if name not in found:
                raise self.problem(f"{name!r} is missing")
        return found

    def named(self) -> Iterator[tuple[str, Field]]:
        """The entries of a mapping whose keys are names that the user chose."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.problem(f"expected name: ... entries, got {self._kind()}")
        seen = set()
        for key, value in self.node.value:
            name = str(key.value)
            if name in seen:
                raise Field(key, f"{self.path}.{name}").problem("given twice")
            seen.add(name)
            yield name, Field(value, f"{self.path}.{name}")

    def items(self) -> list[Field]:
        """The elements of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.problem(f"expected a list, got {self._kind()}")
        return [Field(node, f"{self.path}[{i}]") for i, node in enumerate(self.node.value)]

    def texts(self) -> tuple[str, ...]:
        """A list of texts, or one text alone."""
        return tuple(item.text() for item in self.one_or_many())

    def one_or_many(self) -> list[Field]:
        """The elements of a list, or the field itself when it is no list."""
        return [self] if isinstance(self.node, yaml.ScalarNode) else self.items()

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.problem(f"expected a text, got {self._kind()}")
        value = str(self.node.value)
        if not value.strip() or self.node.tag == "tag:yaml.org,2002:null":
            raise self.problem("is empty")
        return value

    def one_of[T: str](self, allowed: tuple[T, ...]) -> T:
        """One of these words."""
        value = self.text()
        for word in allowed:
            if value == word:
                return word
        raise self.problem(f"expected one of {', '.join(allowed)}, got {value!r}")

    def whole(self, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self.text()
        if not value.isascii() or not value.isdecimal() or not least <= int(value[:12]) <= most:
            raise self.problem(f"expected a whole number from {least} to {most}, got {value!r}")
        return int(value)

    def flag(self) -> bool:
        """``true`` or ``false``."""
        return self.one_of(("true", "false")) == "true"

    def read[T](self, reader: Callable[[str], T], expected: str) -> T:
        """Whatever ``reader`` makes of the text; its ValueError is this field's problem."""
        value = self.text()
        try:
            return reader(value)
        except (ValueError, KeyError, OverflowError, InvalidSetting):
            raise self.problem(f"expected {expected}, got {value[:80]!r}") from None

    def _kind(self) -> str:
        match self.node:
            case yaml.SequenceNode():
                return "a list"
            case yaml.MappingNode():
                return "fields"
        return f"the text {str(self.node.value)[:40]!r}"


def compose(text: str) -> Field | None:
    """The document's root, None when it is empty; what is no YAML is an ``InvalidSetting``."""
    if len(text) > _MAX_TEXT:
        raise InvalidSetting(f"line 1, $: larger than {_MAX_TEXT} characters")
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidSetting(f"line {line}, $: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        reason = str(error).partition("\n")[0]
        raise InvalidSetting(f"line 1, $: not YAML: {reason}") from None
    except RecursionError:
        raise InvalidSetting(f"line 1, $: {_MAX_DEPTH_MESSAGE}") from None
    return None if node is None else Field(node, "$")
