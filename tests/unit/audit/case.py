"""How a rule is tested: a clean world, one change, and the verdict that must flip."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from audit.model.resource import Resource
from tests.unit.audit.clean import World

type Change = tuple[type[Resource], str, Any]

REMOVED = object()


@dataclass(frozen=True, slots=True)
class Case:
    """``rule`` passes on the clean world after ``given``, and fails after ``changes`` on top of it.

    A change is ``(kind, "path.in[0].it", value)``; the path may begin with ``#1.`` for the second document of
    that kind, and a value of ``REMOVED`` takes the field away. ``says`` must stand in the failing message,
    ``at`` is the field it names. ``also`` are other rules of the same family that rightly fail with it.
    """

    rule: str
    changes: tuple[Change, ...]
    at: str
    says: str
    given: tuple[Change, ...] = ()
    also: tuple[str, ...] = ()
    severity: str = ""

    @property
    def id(self) -> str:
        """The name of the test."""
        return f"{self.rule} {self.says}"


def changed(world: World, changes: tuple[Change, ...]) -> World:
    """The world after the changes; it is changed in place."""
    for kind, path, shared in changes:
        value = shared if shared is REMOVED else deepcopy(shared)
        index, _, rest = path[1:].partition(".") if path.startswith("#") else ("0", "", path)
        documents = world[kind]
        if not rest:
            _put(documents, int(index), value)
        else:
            _walk(documents[int(index)], _parts(rest), value)
    return world


def _parts(path: str) -> list[str | int]:
    words = path.replace("[", ".[").split(".")
    return [int(word[1:-1]) if word.startswith("[") else word for word in words if word]


def _walk(document: Any, parts: list[str | int], value: Any) -> None:
    for part, after in pairwise(parts):
        if isinstance(document, dict):
            document = document.setdefault(part, [] if isinstance(after, int) else {})
        else:
            document = document[part]
    _put(document, parts[-1], value)


def _put(holder: Any, key: Any, value: Any) -> None:
    if value is REMOVED:
        del holder[key]
    elif isinstance(holder, list) and key == len(holder):
        holder.append(value)
    else:
        holder[key] = value
