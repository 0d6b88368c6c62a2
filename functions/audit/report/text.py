"""The report for people at a terminal: by rule, the worst first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from audit.report.entry import Entry
from audit.report.report import Report, summary
from audit.rule import Outcome, Severity

# A name from a file must neither steer a terminal nor begin a line that a CI system takes for a command.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def text(report: Report, *, verbose: bool = False) -> str:
    """Failures by rule; INFO, UNKNOWN and what was accepted only if ``verbose``."""
    lines = (_CONTROL.sub(_shown, line) for line in _lines(report, verbose=verbose))
    return "\n".join(lines) + "\n"


def _shown(match: re.Match[str]) -> str:
    return repr(match[0])[1:-1]


def _lines(report: Report, *, verbose: bool) -> Iterator[str]:
    shown = [each for each in report.failures if verbose or each.severity > Severity.INFO]
    yield from _groups(shown)
    if verbose:
        yield from _groups((*report.unknown, *report.accepted))
    hidden = len(report.failures) - len(shown)
    unknown = report.by_outcome[Outcome.UNKNOWN]
    if not verbose and (hidden or unknown):
        yield f"--verbose also shows {hidden} INFO and {unknown} unknown"
    yield from report.notes
    yield summary(report)


def _groups(entries: Iterable[Entry]) -> Iterator[str]:
    ordered = sorted(entries, key=_group)
    for (_, state, rule), group in groupby(ordered, key=_group):
        members = list(group)
        yield f"{state} {rule} {members[0].title}"
        yield from (_line(each) for each in members)
        if members[0].outcome is Outcome.FAIL:
            yield f"    fix: {members[0].remedy}"
            yield f"    see: {members[0].source}"
        yield ""


def _group(entry: Entry) -> tuple[int, str, str]:
    return -entry.severity, _state(entry), entry.rule


def _line(entry: Entry) -> str:
    place = entry.location
    where = f"{place.file}:{place.line}:{place.column} " if place else ""
    who = f"{entry.resource}: " if entry.resource else ""
    why = f" [accepted: {entry.suppressed}]" if entry.suppressed else ""
    return f"  {where}{who}{entry.message}{why}"


def _state(entry: Entry) -> str:
    if entry.outcome is not Outcome.FAIL:
        return entry.outcome.value
    if entry.suppressed:
        return "SUPPRESSED"
    return "KNOWN" if entry.known else entry.severity.name
