"""One thing that is wrong with a spec: where, what, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_jobs.spec_hints import hint_for

if TYPE_CHECKING:
    import msgspec

_PLACE = re.compile(r" - at `(?:key in )?(?P<path>[^`]+)`$")
_FIELD = re.compile(r"(?:required field|unknown field) `(?P<field>[^`]+)`")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to write instead."""

    path: str
    problem: str
    hint: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.path}: {self.problem}; {self.hint}"


def shape_problem(error: msgspec.ValidationError, within: str = "$") -> Problem:
    """What msgspec says, with the field in the path."""
    text = str(error)
    place = _PLACE.search(text)
    path = within + (place["path"][1:] if place else "")
    problem = _PLACE.sub("", text)
    field = _FIELD.search(problem)
    if field:
        path = f"{path}.{field['field']}"
    return Problem(path, problem, hint_for(path, problem))


def problem_at(path: str, problem: str, hint: str | None = None) -> Problem:
    """A problem, with the hint of its field if there is no better one."""
    return Problem(path, problem, hint or hint_for(path, problem))
