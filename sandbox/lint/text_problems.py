"""What is wrong with a file itself, in the shape of every other entry of the report."""

from __future__ import annotations

from audit.report.entry import Entry, Location
from audit.rule import Outcome, Profile, Severity
from sandbox.lint.locating import location
from sandbox.lint.marked import Problem, Text, Unreadable, line_starts

RULES = frozenset({"DOC-01", "DOC-02", "DOC-03"})
_JSON = "https://www.rfc-editor.org/rfc/rfc8259"


def unreadable(file: str, text: str, error: Unreadable) -> Entry:
    """Nothing of the file can be looked at."""
    start = error.offset
    place = location(Text(file, text, None, (), line_starts(text)), start, start + 1)
    return _entry("DOC-01", "The file can be read", place, error.message, error.remedy)


def read_over(text: Text, problem: Problem) -> Entry:
    """Something that AWS would refuse or read differently from what was meant."""
    place = location(text, problem.offset, problem.offset + 1)
    return _entry(
        "DOC-02",
        "The file says everything once, and in plain JSON",
        place,
        problem.message,
        "remove it",
    )


def not_recognised(file: str) -> Entry:
    """A file of something else."""
    return _entry(
        "DOC-03",
        "The file holds something to audit",
        Location(file, 1, 1, 1, 1),
        "no task definition, service, scaling policy or template is in here",
        "pass files of ECS, or --other-files to leave out what is none",
    )


def _entry(rule: str, title: str, place: Location, message: str, remedy: str) -> Entry:
    return Entry(
        rule=rule,
        title=title,
        profile=Profile.VALIDITY,
        outcome=Outcome.FAIL,
        severity=Severity.ERROR,
        message=message,
        remedy=remedy,
        source=_JSON,
        kind="file",
        resource="",
        arn="",
        location=place,
        fingerprint=f"{rule}-{place.file}-{message}",
    )
