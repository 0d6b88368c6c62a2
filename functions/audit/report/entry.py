"""A finding as reports show it: flat, and the same for a file and for a live account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from audit.evaluation import Finding
from audit.model.node import Node, Path, format_path
from audit.model.resource import File, Resource, Source
from audit.rule import Fix, Outcome, Profile, Severity


class Location(NamedTuple):
    """A span of a file; lines and columns count from 1, the end column is the first one after it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Entry(NamedTuple):
    """One line of a report: a finding, where it is written, and whether somebody lives with it.

    All else is worked out when a report asks for it: most asks for little.
    """

    finding: Finding
    location: Location | None = None
    suppressed: str = ""  # why, if somebody decided to live with it
    known: bool = False  # was there already when the baseline was written

    @property
    def counts(self) -> bool:
        """Is it a failure that nobody has accepted?"""
        return self.outcome is Outcome.FAIL and not self.suppressed and not self.known

    @property
    def outcome(self) -> Outcome:
        """What the rule says."""
        return self.finding.outcome

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.finding.severity

    @property
    def rule(self) -> str:
        """The rule's id."""
        return self.finding.rule.id

    @property
    def title(self) -> str:
        """What the rule holds."""
        return self.finding.rule.title

    @property
    def profile(self) -> Profile:
        """The family of the rule."""
        return self.finding.rule.profile

    @property
    def remedy(self) -> str:
        """What to set."""
        return self.finding.rule.remedy

    @property
    def source(self) -> str:
        """The page that says so."""
        return self.finding.rule.source

    @property
    def message(self) -> str:
        """What is wrong, with its numbers."""
        return self.finding.message

    @property
    def field(self) -> str:
        """The path as people write it."""
        return format_path(self.finding.path)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The mechanical remedy."""
        return self.finding.fixes

    @property
    def about(self) -> Resource:
        """The resource that the rule looked at."""
        return self.finding.resource

    @property
    def written(self) -> Source:
        """The document that field and fixes belong to."""
        return self.finding.place.source

    @property
    def kind(self) -> str:
        """What kind of resource it is about."""
        return self.about.kind

    @property
    def resource(self) -> str:
        """The name of the resource."""
        return self.about.label

    @property
    def arn(self) -> str:
        """The ARN of the resource, if it has one."""
        return self.about.arn

    @property
    def container(self) -> str:
        """The name of the container that the path leads through."""
        return container_of(self.finding.place, self.finding.path)

    @property
    def fingerprint(self) -> str:
        """Of what failed or is unknown."""
        return _fingerprint(self.finding, self.location) if self.outcome in _TOLD else ""


_TOLD = frozenset({Outcome.FAIL, Outcome.UNKNOWN})


def worst_first(entries: Iterable[Entry]) -> list[Entry]:
    """By severity, then by place, so that two runs read the same."""
    return sorted(entries, key=_rank)


def subject_of(entry: Entry) -> str:
    """What it is about, whatever the revision: ``service arn:...``."""
    return _lasting(entry.about)


def container_of(resource: Resource, path: Path) -> str:
    """The name of the container that a path leads through."""
    if len(path) < 2 or path[0] != "containerDefinitions":
        return ""
    name = resource[path[0]][path[1]]["name"].value
    return name if isinstance(name, str) else ""


def _rank(entry: Entry) -> tuple[int, str, int, str, str, str]:
    place = entry.location or Location("", 0, 0, 0, 0)
    return (-entry.severity, place.file, place.line, entry.rule, entry.resource, entry.field)


def _fingerprint(finding: Finding, location: Location | None) -> str:
    """The same for the same finding in the next revision, and wherever the field has moved in its list."""
    file = location.file if location else ""
    place = finding.place
    parts = (finding.rule.id, file, _lasting(finding.resource), _lasting(place))
    # A text has no fields to tell its problems apart.
    which = (finding.message,) if isinstance(place, File) else _named_path(place, finding.path)
    text = "|".join((*parts, *which))
    import hashlib  # it loads OpenSSL, and what is only read by people needs no fingerprint

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _lasting(resource: Resource) -> str:
    name = resource.arn or resource.label
    if resource.kind == "task definition":
        head, colon, tail = name.rpartition(":")
        name = head if colon and tail.isdecimal() else name
    return f"{resource.kind} {name}"


def _named_path(resource: Resource, path: Path) -> Iterable[str]:
    node: Node = resource
    for part in path:
        node = node[part]
        yield str(part) if isinstance(part, str) else _element(node, part)


def _element(node: Node, index: int) -> str:
    for key in ("name", "Name", "Key", "key", "containerName", "sourceVolume"):
        name = node[key].value
        if isinstance(name, str):
            return name
    return str(index)
