"""The report as Markdown, for a pull request's comment or a job's summary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.report.entry import Entry
from audit.report.report import SEVERITIES, Report, summary

# Hash and at sign, too: a finding must neither link an issue nor call for a person.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|#@&]")
_MOST = 200  # a comment on GitHub holds 65,536 characters


def markdown(report: Report) -> str:
    """A table for every severity, the worst first."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "## ECS audit"
    yield ""
    yield _escaped(summary(report))
    left = _MOST
    for severity in SEVERITIES:
        entries = [each for each in report.failures if each.severity is severity]
        if not entries:
            continue
        yield from ("", f"### {severity.name} ({len(entries)})", "")
        yield "| rule | where | finding | fix |"
        yield "|---|---|---|---|"
        yield from (_row(each) for each in entries[:left])
        if len(entries) > left:
            yield from ("", f"and {len(entries) - left} more of {severity.name}.")
        left = max(0, left - len(entries))
    for note in report.notes:
        yield from ("", _escaped(note))


def _row(entry: Entry) -> str:
    place = entry.location
    where = f"{place.file}:{place.line}" if place else entry.kind
    name = f"[{entry.rule}]({entry.source})"
    cells = (f"{where} {entry.resource}", f"{entry.message}", entry.remedy)
    return f"| {name} | " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return " ".join(_MARKUP.sub(lambda match: f"&#{ord(match[0])};", text).split())
