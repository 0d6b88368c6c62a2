"""Finds the row of the catalogue that a text, or an exit code, tells of."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Literal

from deploy_guard.catalogue import BY_ID, CATALOGUE, Cause

Field = Literal["task", "service", "logs"]
_FLAGS = re.IGNORECASE | re.DOTALL
# What is kept of a text: enough to read, and it bounds the time that a pattern can take.
MAX_TEXT = 2_000


def cause_of_text(text: str, field: Field) -> Cause | None:
    """The first row that matches what ECS said of a task, of the service, or the container's log."""
    for cause_id, pattern in _patterns(field):
        if pattern.search(text, 0, MAX_TEXT):
            return BY_ID[cause_id]
    return None


def cause_of_exit(code: int) -> Cause:
    """What an exit code alone tells."""
    return BY_ID[_exits().get(code, "APP_EXIT")]


def subject_of(cause: Cause, texts: Iterable[str]) -> str | None:
    """What is at fault, such as an image or a secret, from the first text that names it."""
    if not cause.subject:
        return None
    pattern = _compiled(cause.subject)
    for text in texts:
        found = pattern.search(text, 0, MAX_TEXT)
        if found is not None:
            return next(group for group in found.groups() if group)
    return None


@functools.cache
def _patterns(field: Field) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (cause.id, _compiled("|".join(f"(?:{one})" for one in found)))
        for cause in CATALOGUE
        if (found := getattr(cause, field))
    )


@functools.cache
def _exits() -> dict[int, str]:
    return {code: cause.id for cause in CATALOGUE for code in cause.exit_codes}


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, _FLAGS)
