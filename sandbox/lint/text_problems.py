"""What is wrong with a file itself, in the shape of every other entry of the report."""

from __future__ import annotations

from audit.evaluation import Finding
from audit.model.graph import Graph
from audit.model.resource import File, Source
from audit.report.entry import Entry, Location
from audit.rule import Outcome, Profile, Rule, Severity, Verdicts
from sandbox.lint.locating import location
from sandbox.lint.marked import Problem, Text, Unreadable

_WORDS_OF_ECS = ("ontainerDefinitions", "AWS::", "askDefinition", "erviceName", "desiredCount")


def unreadable(file: str, text: str, error: Unreadable) -> Entry:
    """Nothing of the file can be looked at."""
    start = error.offset
    place = location(Text(file, text, None), start, start + 1)
    return _entry(_READ._replace(remedy=error.remedy), place, error.message)


def of_something_else(text: str) -> bool:
    """Is it text without a word of ECS, such as another tool's template, which need not be JSON or YAML?"""
    return bool(text) and not any(word in text for word in _WORDS_OF_ECS)


def read_over(text: Text, problem: Problem) -> Entry:
    """Something that AWS would refuse or read differently from what was meant."""
    return _entry(_PLAIN, location(text, problem.offset, problem.offset + 1), problem.message)


def not_recognised(file: str) -> Entry:
    """A file of something else."""
    message = "no task definition, service, scaling policy or template is in here"
    return _entry(_RECOGNISED, Location(file, 1, 1, 1, 1), message)


def _entry(rule: Rule, place: Location, message: str) -> Entry:
    file = File(None, Graph(()), Source(place.file))
    return Entry(Finding(rule, Outcome.FAIL, rule.severity, file, file, (), message), place)


def _rule(name: str, title: str, remedy: str) -> Rule:
    return Rule(
        id=name,
        title=title,
        on=File,
        severity=Severity.ERROR,
        profile=Profile.VALIDITY,
        source="https://www.rfc-editor.org/rfc/rfc8259",
        remedy=remedy,
        anchors=(),
        check=_nothing_more,
    )


def _nothing_more(_: File) -> Verdicts:
    # Reading the file has said it.
    return ()


_READ = _rule("DOC-01", "The file can be read", "write valid JSON or YAML")
_PLAIN = _rule("DOC-02", "The file says everything once, and in plain JSON", "remove it")
_RECOGNISED = _rule(
    "DOC-03",
    "The file holds something to audit",
    "pass files of ECS, or --other-files to leave out what is none",
)
RULES = frozenset(each.id for each in (_READ, _PLAIN, _RECOGNISED))
