"""Files -> a report: read all of them, make one graph, ask every rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.evaluation import Finding, evaluate
from audit.model.graph import Graph, Item
from audit.report.entry import Entry, entry
from audit.report.report import Report, of_resources
from audit.rule import Outcome, Rule
from sandbox.lint import text_problems
from sandbox.lint.documents import items
from sandbox.lint.locating import locate
from sandbox.lint.marked import Text, Unreadable
from sandbox.lint.reading import name_of, read


@dataclass(frozen=True, slots=True)
class Audited:
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
    every_place: bool = True,
) -> Audited:
    """Audit files as one graph; ``other_files`` leaves out what holds nothing to audit.

    Without ``every_place``, what passed has no line and column: nobody asks for it, and it takes time.
    """
    texts: dict[str, Text] = {}
    problems: list[Entry] = []
    found: list[Item] = []
    complete = True
    for file in files:
        try:
            text = read(file)
        except Unreadable as error:
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
    entries = [_entry(each, texts, every_place=every_place) for each in evaluate(graph, rules)]
    resources = of_resources(each.kind for each in graph)
    return Audited(Report((*problems, *entries), resources), graph, texts, complete)


def _entry(finding: Finding, texts: Mapping[str, Text], *, every_place: bool) -> Entry:
    outcome = finding.outcome
    if outcome is Outcome.NOT_APPLICABLE or (outcome is Outcome.PASS and not every_place):
        return entry(finding)
    text = texts[finding.place.source.file]
    return entry(finding, locate(text, finding.place, finding.path))
