"""A finding as reports show it: flat, and the same for a file and for a live account."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from audit.evaluation import Finding
from audit.model.node import Node, Path
from audit.model.resource import Resource, Source
from audit.rule import Fix, Outcome, Profile, Severity


@dataclass(frozen=True, slots=True)
class Location:
    """A span of a file; lines and columns count from 1, the end column is the first one after it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a report."""

    rule: str
    title: str
    profile: Profile
    outcome: Outcome
    severity: Severity
    message: str
    remedy: str
    source: str
    kind: str
    resource: str
    arn: str
    container: str = ""
    field: str = ""
    location: Location | None = None
    fingerprint: str = ""  # of what failed or is unknown
    fixes: tuple[Fix, ...] = ()
    written: Source | None = None  # the document that field and fixes belong to
    about: Resource | None = None
    suppressed: str = ""  # why, if somebody decided to live with it
    known: bool = False  # was there already when the baseline was written

    @property
    def counts(self) -> bool:
        """Is it a failure that nobody has accepted?"""
        return self.outcome is Outcome.FAIL and not self.suppressed and not self.known


_TOLD = frozenset({Outcome.FAIL, Outcome.UNKNOWN})


def entry(finding: Finding, location: Location | None = None) -> Entry:
    """The report's line of a finding."""
    rule, resource = finding.rule, finding.resource
    return Entry(
        rule=rule.id,
        title=rule.title,
        profile=rule.profile,
        outcome=finding.outcome,
        severity=finding.severity,
        message=finding.message,
        remedy=rule.remedy,
        source=rule.source,
        kind=resource.kind,
        resource=resource.label,
        arn=resource.arn,
        container=container_of(finding.place, finding.path),
        field=finding.field,
        location=location,
        fingerprint=_fingerprint(finding, location) if finding.outcome in _TOLD else "",
        fixes=finding.fixes,
        written=finding.place.source,
        about=finding.resource,
    )


def worst_first(entries: Iterable[Entry]) -> list[Entry]:
    """By severity, then by place, so that two runs read the same."""
    return sorted(entries, key=_rank)


def subject_of(entry: Entry) -> str:
    """What it is about, whatever the revision: ``service arn:...``."""
    return _lasting(entry.about) if entry.about is not None else f"{entry.kind} {entry.resource}"


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
    text = "|".join((*parts, *_named_path(place, finding.path)))
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
