"""The report as JUnit XML: a suite per resource, a test per check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import quoteattr

from audit.report.entry import Entry
from audit.report.report import Report
from audit.rule import Outcome

# XML 1.0, production [2]: every other character cannot even be escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """Failures fail; what is unknown or accepted is skipped and says why."""
    entries = [each for each in report.entries if each.outcome is not Outcome.NOT_APPLICABLE]
    suites = "".join(
        _suite(name, list(group))
        for name, group in groupby(sorted(entries, key=_suite_of), _suite_of)
    )
    counts = f'tests="{len(entries)}" failures="{len(report.failures)}" errors="0"'
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ecs-ops" {counts}>\n'
    return f"{head}{suites}</testsuites>\n"


def _suite_of(entry: Entry) -> str:
    file = f"{entry.location.file} " if entry.location else ""
    return f"{file}{entry.kind} {entry.resource}".strip()


def _suite(name: str, entries: list[Entry]) -> str:
    failed = sum(each.counts for each in entries)
    skipped = sum(_skipped(each) is not None for each in entries)
    head = (
        f'  <testsuite name={_attribute(name)} tests="{len(entries)}" failures="{failed}" errors="0" '
        f'skipped="{skipped}">\n'
    )
    return head + "".join(line for each in entries for line in _case(each)) + "  </testsuite>\n"


def _case(entry: Entry) -> Iterator[str]:
    name = f"{entry.rule} {entry.title}" + (f" ({entry.field})" if entry.field else "")
    place = entry.location
    where = f' file={_attribute(place.file)} line="{place.line}"' if place else ""
    yield f"    <testcase classname={_attribute(entry.resource)} name={_attribute(name)}{where}>\n"
    why = _skipped(entry)
    if entry.counts:
        kind = entry.severity.name
        message = f"{entry.message}. Fix: {entry.remedy}"
        yield f'      <failure type="{kind}" message={_attribute(message)}/>\n'
    elif why is not None:
        yield f"      <skipped message={_attribute(why)}/>\n"
    yield "    </testcase>\n"


def _skipped(entry: Entry) -> str | None:
    if entry.outcome is Outcome.UNKNOWN:
        return f"unknown: {entry.message}"
    if entry.outcome is Outcome.FAIL and not entry.counts:
        return f"accepted: {entry.suppressed or 'in the baseline'}: {entry.message}"
    return None


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("?", text))
