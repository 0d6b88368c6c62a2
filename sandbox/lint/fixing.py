"""``--fix``: the smallest edits of a file's text that make the changes, as a unified diff.

Every edit is read back and compared with the change made on the data; one that would change anything else is
left out. So neither formatting nor YAML's subtleties can turn a remedy into damage.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from audit.model.node import Path
from audit.model.resource import Source
from audit.patch import CannotPatch, patched
from audit.report.entry import Entry
from audit.rule import Fix
from sandbox.lint.edits import edit
from sandbox.lint.locating import written
from sandbox.lint.marked import MarkedDict, MarkedList, Text, Unreadable
from sandbox.lint.reading import parse
from sandbox.lint.renaming import template_name, to_template

_NO_END = "\n\\ No newline at end of file\n"


def diffs(entries: Iterable[Entry], texts: Mapping[str, Text]) -> tuple[str, int]:
    """The diff of every file that a remedy changes, and how many changes it makes."""
    changed = dict(texts)
    count = 0
    for file, fixes in _by_file(_ordered(entries, texts)).items():
        changed[file], done = _apply(texts[file], list(fixes.values()))
        count += done
    return "".join(_diff(texts[file], changed[file]) for file in sorted(texts)), count


def _by_file(changes: Iterable[tuple[str, Fix]]) -> dict[str, dict[Path, Fix]]:
    """The changes of each file; the first, where two rules would change one field."""
    found: dict[str, dict[Path, Fix]] = {}
    for file, fix in changes:
        found.setdefault(file, {}).setdefault(fix.path, fix)
    return found


def _ordered(entries: Iterable[Entry], texts: Mapping[str, Text]) -> list[tuple[str, Fix]]:
    """Settings first; then what is removed, from the end, so that no removal moves another one's place."""
    found = [
        (
            each.written.file,
            Fix(
                _in_file(texts[each.written.file], each.written, fix.path),
                to_template(fix.value) if each.written.logical_id else fix.value,
            ),
        )
        for each in entries
        if each.written and each.written.file in texts
        for fix in each.fixes
    ]
    put = [each for each in found if each[1].value is not None]
    dropped = [each for each in found if each[1].value is None]
    return put + sorted(dropped, key=_place, reverse=True)


def _place(change: tuple[str, Fix]) -> tuple[tuple[int, int, str], ...]:
    parts = change[1].path
    return tuple((1, part, "") if isinstance(part, int) else (0, 0, part) for part in parts)


def _in_file(text: Text, source: Source, path: Path) -> Path:
    """The path in the file's own names, of which a template has others than the API."""
    if path[: len(source.base)] == source.base:
        path = path[len(source.base) :]
    value, found = text.value, list[str | int]()
    from_template = bool(source.logical_id)
    for part in (*source.pointer, *path):
        name: str | int = part
        if isinstance(value, MarkedDict) and isinstance(part, str):
            upper = from_template or any(key[:1].isupper() for key in value)
            name = written(value, part) or (template_name(part) if upper else part)
            value = value.get(name)
        elif isinstance(value, MarkedList) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            name = _new_name(part) if from_template else part
            value = None
        found.append(name)
    return tuple(found)


def _new_name(part: str | int) -> str | int:
    # An attribute's key is no field's name: deregistration_delay.timeout_seconds.
    return template_name(part) if isinstance(part, str) and "." not in part else part


def _apply(text: Text, fixes: list[Fix]) -> tuple[Text, int]:
    """The text with as many of the changes as can be made, and how many those are."""
    if not fixes:
        return text, 0
    # All at once: a large file is read back once, not once for every change.
    new = _edited(text, fixes)
    if new is not None:
        return new, len(fixes)
    if len(fixes) == 1:
        return text, 0
    half = len(fixes) // 2
    text, first = _apply(text, fixes[:half])
    text, second = _apply(text, fixes[half:])
    return text, first + second


def _edited(text: Text, fixes: list[Fix]) -> Text | None:
    """The text after all changes; None if one cannot be made, or they get into each other's way."""
    try:
        edits = sorted((edit(text, fix.path, fix.value) for fix in fixes), reverse=True)
        expected = patched(_plain(text.value), *fixes)
        content = text.text
        later = len(content) + 1
        for (start, end), replacement in edits:
            if end > later:
                return None
            content, later = content[:start] + replacement + content[end:], start
        new = parse(text.file, content)
    except (CannotPatch, Unreadable, RecursionError):
        return None
    return new if _plain(new.value) == expected else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _diff(before: Text, after: Text) -> str:
    if before.text == after.text:
        return ""
    lines = difflib.unified_diff(
        before.text.splitlines(keepends=True),
        after.text.splitlines(keepends=True),
        f"a/{before.file.lstrip('/')}",
        f"b/{after.file.lstrip('/')}",
    )
    return "".join(line if line.endswith("\n") else f"{line}{_NO_END}" for line in lines)
