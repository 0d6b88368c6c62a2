"""The report as JSON, for programs: every verdict, also of what passed."""

from __future__ import annotations

import json
from typing import Any

from audit.report.entry import Entry, Location
from audit.report.report import Report
from audit.rule import Outcome

VERSION = 1


_EVERY = frozenset(Outcome)


def json_form(report: Report, outcomes: frozenset[Outcome] = _EVERY) -> str:
    """One JSON document; its fields are documented in docs/audit.md. ``outcomes`` are the checks it lists."""
    return json.dumps(document(report, outcomes), indent=2) + "\n"


def document(report: Report, outcomes: frozenset[Outcome] = _EVERY) -> dict[str, Any]:
    """The document before it is written."""
    return {
        "version": VERSION,
        "resources": dict(report.resources),
        "failures": {severity.name: count for severity, count in report.by_severity.items()},
        "outcomes": {outcome.value: count for outcome, count in report.by_outcome.items()},
        "notes": list(report.notes),
        "checks": [_entry(each) for each in report.entries if each.outcome in outcomes],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    told = {
        "rule": entry.rule,
        "title": entry.title,
        "profile": entry.profile.value,
        "outcome": entry.outcome.value,
        "severity": entry.severity.name,
        "message": entry.message,
        "kind": entry.kind,
        "resource": entry.resource,
        "arn": entry.arn,
        "container": entry.container,
        "field": entry.field,
        "remedy": entry.remedy,
        "source": entry.source,
        "fingerprint": entry.fingerprint,
        "suppressed": entry.suppressed,
        "known": entry.known,
    }
    return told | ({"location": _location(entry.location)} if entry.location else {})


def _location(location: Location) -> dict[str, Any]:
    return {
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
