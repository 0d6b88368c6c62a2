"""What earlier audits found: so that a change is told only what it brought, and a service its trend.

One document for the account and Region. A subject is a resource, whatever its revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from audit.report.entry import Entry, subject_of
from audit.report.report import Report
from audit.report.score import score
from audit.rule import Severity

_DAYS = 90


class Day(msgspec.Struct, frozen=True, array_like=True):
    """A service on one day: points out of 100 if enough was known, and findings by severity."""

    day: str
    points: int | None
    errors: int
    high: int
    medium: int
    low: int


class Memory(msgspec.Struct, frozen=True):
    """Fingerprints by subject, and the days of every service."""

    known: dict[str, tuple[str, ...]] = {}
    days: dict[str, tuple[Day, ...]] = {}
    version: int = 1


def new(report: Report, memory: Memory) -> list[Entry]:
    """Failures that count and that no earlier audit found, the worst first."""
    return [
        each
        for each in report.failures
        if each.fingerprint not in memory.known.get(subject_of(each), ())
    ]


def repaired(report: Report, memory: Memory) -> int:
    """How many of what was found before is found no more, in an audit of everything."""
    found = {each.fingerprint for each in report.failures}
    return sum(one not in found for known in memory.known.values() for one in known)


def after_change(memory: Memory, report: Report) -> Memory:
    """Only adds: the audit of a change does not see all that the daily one sees."""
    return msgspec.structs.replace(memory, known=_merged(memory.known, _known(report.failures)))


def after_sweep(
    memory: Memory,
    report: Report,
    services: Mapping[str, Iterable[Entry]],
    day: str,
    *,
    whole: bool,
) -> Memory:
    """What was found replaces what was known; but what could not be read is not repaired by that."""
    known = _known(report.failures)
    return Memory(
        known=known if whole else _merged(memory.known, known),
        days={arn: _days(memory, arn, entries, day) for arn, entries in services.items()},
    )


def _days(memory: Memory, arn: str, entries: Iterable[Entry], day: str) -> tuple[Day, ...]:
    entries = list(entries)
    counts = dict.fromkeys(Severity, 0)
    for each in entries:
        counts[each.severity] += each.counts
    today = Day(
        day,
        score(entries).points,
        *(counts[each] for each in (Severity.ERROR, Severity.HIGH, Severity.MEDIUM, Severity.LOW)),
    )
    before = [each for each in memory.days.get(arn, ()) if each.day != day]
    return (*before, today)[-_DAYS:]


def _known(entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for each in entries:
        found.setdefault(subject_of(each), set()).add(each.fingerprint)
    return {subject: tuple(sorted(known)) for subject, known in found.items()}


def _merged(
    before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        subject: tuple(sorted({*before.get(subject, ()), *after.get(subject, ())}))
        for subject in (*before, *after)
    }
