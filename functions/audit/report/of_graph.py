"""The report of a graph that has no files behind it: an account."""

from __future__ import annotations

from collections.abc import Iterable

from audit.evaluation import findings
from audit.model.graph import Graph
from audit.report.entry import Entry
from audit.report.report import Report, of_resources
from audit.rule import Rule


def report_of(graph: Graph, rules: Iterable[Rule], notes: Iterable[str] = ()) -> Report:
    """Every verdict of every rule."""
    entries = tuple(Entry(each) for each in findings(graph, rules))
    return Report(entries, of_resources(each.kind for each in graph), tuple(notes))
