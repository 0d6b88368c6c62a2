"""The report as SARIF 2.1.0, which code hosts show at the lines concerned.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from audit.report.entry import Entry, Location
from audit.report.report import Report
from audit.rule import Outcome, Severity

_LEVELS = {
    Severity.ERROR: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub sorts findings by this number, as of CVSS.
_SCORES = {
    Severity.ERROR: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
    Severity.INFO: "0.5",
}


def sarif(report: Report) -> str:
    """Every failure; what was accepted is marked as suppressed or unchanged."""
    entries = [*report.failures, *report.accepted]
    rules = {each.rule: each for each in entries}
    indexes = {rule: index for index, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "ecs-ops",
                "informationUri": "https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/",
                "rules": [_rule(each) for each in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, indexes[each.rule]) for each in entries],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.rule,
        "shortDescription": {"text": entry.title},
        "help": {"text": entry.remedy, "markdown": f"{entry.remedy}\n\n[Source]({entry.source})"},
        "helpUri": entry.source,
        "properties": {
            "tags": [entry.profile.value],
            "security-severity": _SCORES[entry.severity],
        },
    }


def _result(entry: Entry, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": entry.rule,
        "ruleIndex": index,
        "kind": "fail" if entry.outcome is Outcome.FAIL else "open",
        "level": _LEVELS[entry.severity],
        "message": {"text": f"{entry.message}. Fix: {entry.remedy}."},
        "locations": [_location(entry)],
        "partialFingerprints": {"ecsOps/v1": entry.fingerprint},
        "properties": {"severity": entry.severity.name, "field": entry.field},
    }
    if entry.suppressed:
        result["suppressions"] = [{"kind": "external", "justification": entry.suppressed}]
    if entry.known:
        result["baselineState"] = "unchanged"
    return result


def _location(entry: Entry) -> dict[str, Any]:
    parts = (entry.arn or entry.resource, entry.container)
    logical = {
        "fullyQualifiedName": "#".join(part for part in parts if part) or entry.kind,
        "kind": "resource",
    }
    physical = {"physicalLocation": _physical(entry.location)} if entry.location else {}
    return physical | {"logicalLocations": [logical]}


def _physical(place: Location) -> dict[str, Any]:
    path = PurePosixPath(place.file)
    uri = quote(place.file, safe="/", errors="replace")
    artifact = {"uri": f"file://{uri}"} if path.is_absolute() else {"uri": uri}
    return {
        "artifactLocation": artifact
        if path.is_absolute()
        else artifact | {"uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }
