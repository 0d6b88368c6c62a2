"""Files -> a report: read all of them, make one graph, ask every rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from audit.evaluation import Finding, findings
from audit.model.graph import Graph, Item
from audit.report.entry import Entry
from audit.report.report import Report, of_resources
from audit.rule import Outcome, Rule
from sandbox.lint import text_problems
from sandbox.lint.cloudformation import not_expanded
from sandbox.lint.documents import items
from sandbox.lint.locating import locate
from sandbox.lint.marked import Text, Unreadable
from sandbox.lint.reading import name_of, read


class Audited(NamedTuple):
    """The report, the graph behind it, and whether every file took part."""

    report: Report
    graph: Graph
    texts: Mapping[str, Text]
    complete: bool


def audit_files(
    files: Sequence[str],
    rules: Iterable[Rule],
    parameters: Mapping[str, str],
    *,
    other_files: bool = False,
    shown: frozenset[Outcome] = frozenset(Outcome),
) -> Audited:
    """Audit files as one graph; ``other_files`` leaves out what holds nothing to audit.

    What no report shows has no entry and is only counted: most checks do not apply, and places take time.
    """
    texts: dict[str, Text] = {}
    problems: list[Entry] = []
    found: list[Item] = []
    complete = True
    for file in files:
        try:
            text = read(file)
        except Unreadable as error:
            if not (other_files and text_problems.of_something_else(error.text)):
                problems.append(text_problems.unreadable(name_of(file), error.text, error))
                complete = False
            continue
        texts[text.file] = text
        new = items(text, parameters)
        if new:
            found += new
            problems += [text_problems.read_over(text, each) for each in text.problems]
        elif not other_files:
            problems.append(text_problems.not_recognised(text.file))
            complete = False
    graph = Graph(found)
    counted = dict.fromkeys(frozenset(Outcome) - shown, 0)
    entries = [_entry(each, texts) for each in findings(graph, rules, counted)]
    resources = of_resources(each.kind for each in graph)
    notes = tuple(
        f"{text.file}: {name} is not expanded, what it makes is not audited"
        for text in texts.values()
        for name in not_expanded(text.value)
    )
    report = Report((*problems, *entries), resources, notes, counted)
    return Audited(report, graph, texts, complete)


def _entry(finding: Finding, texts: Mapping[str, Text]) -> Entry:
    if finding.outcome is Outcome.NOT_APPLICABLE:
        return Entry(finding)
    text = texts[finding.place.source.file]
    return Entry(finding, locate(text, finding.place, finding.path))
