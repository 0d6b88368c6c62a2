"""What was there already: a project adopts the audit without repairing everything first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.report.entry import Entry
from audit.report.report import Report
from audit.rule import Outcome

VERSION = 1


class InvalidBaseline(Exception):
    """The document is no baseline; says what is wrong with it."""


def baseline(report: Report) -> dict[str, Any]:
    """The document that makes every failure of this report a known one, also those that were known before."""
    findings = [
        {"fingerprint": each.fingerprint, "rule": each.rule, "resource": each.resource}
        for each in (*report.failures, *report.accepted)
        if not each.suppressed
    ]
    return {"version": VERSION, "findings": findings}


def fingerprints(document: Any) -> frozenset[str]:
    """What the document knows; raises ``InvalidBaseline``."""
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise InvalidBaseline(
            f"is no baseline of version {VERSION}: write one with --write-baseline"
        )
    findings = document.get("findings")
    if not isinstance(findings, list) or not all(isinstance(each, dict) for each in findings):
        raise InvalidBaseline("$.findings should be a list of objects")
    known = [each.get("fingerprint") for each in findings]
    if not all(isinstance(each, str) for each in known):
        raise InvalidBaseline("a finding of $.findings has no fingerprint")
    return frozenset(str(each) for each in known)


def mark_known(entries: Iterable[Entry], known: frozenset[str]) -> list[Entry]:
    """The entries, with the failures that the baseline knows marked."""
    return [
        each._replace(known=True)
        if each.fingerprint in known and each.outcome is Outcome.FAIL
        else each
        for each in entries
    ]
