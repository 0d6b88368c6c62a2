"""Takes secrets out of an alert, by the kernel's patterns and by the user's own."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from ecsops.alerts import Alert, Diff, Lines, NextStep, Table
from ecsops.redaction import MASK, names_a_secret, redact_text, refers_to_a_secret


@functools.cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The user's own patterns, which the routes document has checked."""
    return tuple(re.compile(pattern) for pattern in patterns)


def redact(alert: Alert, extra: Sequence[re.Pattern[str]] = ()) -> Alert:
    """The alert without secrets in any text that a person or a machine is shown.

    ``incident``, ``stage``, cluster, service and ARNs are names that the toolkit gave or AWS did.
    """

    def clean(text: str) -> str:
        return redact_text(text, extra)

    return msgspec.structs.replace(
        alert,
        title=clean(alert.title),
        summary=clean(alert.summary),
        evidence=tuple(_evidence(block, extra) for block in alert.evidence),
        next_steps=tuple(
            NextStep(clean(s.text), s.command and clean(s.command), s.link and clean(s.link))
            for s in alert.next_steps
        ),
    )


def _evidence(
    block: Table | Lines | Diff, extra: Sequence[re.Pattern[str]]
) -> Table | Lines | Diff:
    def clean(text: str) -> str:
        return redact_text(text, extra)

    match block:
        case Table():
            columns = tuple(map(clean, block.columns))
            rows = tuple(_pairwise(row, extra) for row in block.rows)
            return Table(clean(block.title), columns, rows)
        case Lines():
            # As one text: a key block reaches over lines.
            text = "\n".join(block.lines)
            lines = redact_text(text, extra).split("\n") if block.lines else ()
            return Lines(clean(block.title), tuple(lines))
        case Diff():
            changes = tuple(
                (clean(name), *_values(name, (before, after), extra))
                for name, before, after in block.changes
            )
            return Diff(clean(block.title), tuple((n, b, a) for n, b, a in changes))


def _pairwise(row: tuple[str, ...], extra: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """A row whose first cell is the name of a secret has its value in the other cells."""
    if not row:
        return row
    return (redact_text(row[0], extra), *_values(row[0], row[1:], extra))


def _values(name: str, values: Sequence[str], extra: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    if names_a_secret(name):
        return tuple(MASK if value and not refers_to_a_secret(value) else value for value in values)
    return tuple(redact_text(value, extra) for value in values)
