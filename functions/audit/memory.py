"""What earlier audits found: so that a change is told only what it brought, and a service its trend.

One document for the account and Region. A subject is a resource, whatever its revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry, subject_of
from audit.report.report import Report
from audit.report.score import score
from audit.rule import Severity

_DAYS = 90
# The only resources that may be there without a sweep looking at them.
_OUT_OF_USE = f"{TaskDefinition.kind} "


class Day(msgspec.Struct, frozen=True, array_like=True):
    """A service on one day: points out of 100 if enough was known, and findings by severity."""

    day: str
    points: int | None
    errors: int
    high: int
    medium: int
    low: int


class Memory(msgspec.Struct, frozen=True):
    """What is known, as ``RULE:fingerprint`` by subject, and the days of every service."""

    known: dict[str, tuple[str, ...]] = {}
    days: dict[str, tuple[Day, ...]] = {}
    version: int = 1


def new(report: Report, memory: Memory) -> list[Entry]:
    """Failures that count and that no earlier audit found, the worst first."""
    return [
        each
        for each in report.failures
        if _mark(each) not in memory.known.get(subject_of(each), ())
    ]


def repaired(report: Report, memory: Memory) -> int:
    """How many of what was found before an audit of everything looked at again, and found no more."""
    found = {_mark(each) for each in report.failures}
    looked_at, unknown = _looked_at(report)
    return sum(
        mark not in found and (subject, _rule(mark)) not in unknown
        for subject, marks in memory.known.items()
        if subject in looked_at
        for mark in marks
    )


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
    """What was found replaces what was known of each subject that was looked at, and of no other.

    Task definitions that no service runs are never looked at, nor is what could not be read; a rule that
    could not decide says nothing of what it found before. ``whole``: services that were not seen are gone.
    """
    today = {arn: _days(memory, arn, entries, day) for arn, entries in services.items()}
    return Memory(
        known=_merged(_undecided(memory, report, whole=whole), _known(report.failures)),
        days=today if whole else memory.days | today,
    )


def _undecided(memory: Memory, report: Report, *, whole: bool) -> dict[str, tuple[str, ...]]:
    """What is known and was neither found again, nor found repaired, nor gone with its subject."""
    looked_at, unknown = _looked_at(report)
    left = {}
    for subject, marks in memory.known.items():
        if subject in looked_at:
            left[subject] = tuple(mark for mark in marks if (subject, _rule(mark)) in unknown)
        elif not whole or subject.startswith(_OUT_OF_USE):
            left[subject] = marks
    return {subject: marks for subject, marks in left.items() if marks}


def _looked_at(report: Report) -> tuple[set[str], set[tuple[str, str]]]:
    """The subjects, and of which of them which rules could not decide."""
    unknown = {(subject_of(each), each.rule) for each in report.unknown}
    return {subject_of(each) for each in report.entries}, unknown


def _mark(entry: Entry) -> str:
    return f"{entry.rule}:{entry.fingerprint}"


def _rule(mark: str) -> str:
    return mark.partition(":")[0]


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
        found.setdefault(subject_of(each), set()).add(_mark(each))
    return {subject: tuple(sorted(known)) for subject, known in found.items()}


def _merged(
    before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        subject: tuple(sorted({*before.get(subject, ()), *after.get(subject, ())}))
        for subject in (*before, *after)
    }
