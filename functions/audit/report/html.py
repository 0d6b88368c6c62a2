"""The report as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from audit.model.graph import Graph
from audit.model.resource import Resource
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.drawing import draw
from audit.report.entry import Entry, worst_first
from audit.report.look import STYLE
from audit.report.ownership import belongings, by_resource
from audit.report.report import Report, plural, summary
from audit.report.score import score
from audit.report.timeline import timelines
from audit.report.trend import trend
from audit.rule import Outcome
from ecsops.markup import Html, element, escape, join

if TYPE_CHECKING:
    # It needs a library that an installed lint does not have.
    from audit.memory import Day

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(report: Report, graph: Graph, days: Mapping[str, Sequence[Day]] | None = None) -> str:
    """A part for every service, then for everything that belongs to none; ``days`` by service ARN."""
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'),
        element("title", "ECS audit"),
        element("style", Html(STYLE)),
    )
    body = element(
        "body",
        element("h1", "ECS audit"),
        element("p", summary(report)),
        *(element("p", note, class_="quiet") for note in report.notes),
        *_parts(graph, by_resource(report.entries), days or {}),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _parts(
    graph: Graph, found: dict[int, list[Entry]], days: Mapping[str, Sequence[Day]]
) -> Iterator[Html]:
    shown: set[int] = set()
    for service in graph.all(Service):
        members = belongings(service)
        shown.update(id(each) for each in members)
        entries = [entry for each in members for entry in found.get(id(each), ())]
        yield _part(service, entries, days.get(str(service["serviceArn"].value), ()))
    for task in graph.all(TaskDefinition):
        if id(task) not in shown:
            shown.add(id(task))
            yield _part(task, found.get(id(task), []))
    rest = [entry for key, entries in found.items() if key not in shown for entry in entries]
    if any(entry.outcome is Outcome.FAIL for entry in rest):
        yield element("section", element("h2", "Everything else"), *_findings(rest))


def _part(subject: Resource, entries: list[Entry], days: Sequence[Day] = ()) -> Html:
    return element(
        "section",
        element("h2", f"{subject.kind.capitalize()} {subject.label}"),
        element("p", f"Score: {score(entries)}", class_="score"),
        trend(days),
        *_findings(entries),
        *(
            join((element("h3", timeline.title), draw(timeline)))
            for timeline in timelines(subject)
            if timeline.spans or timeline.unknown
        ),
    )


def _findings(entries: Iterable[Entry]) -> Iterator[Html]:
    entries = list(entries)
    failures = worst_first(entry for entry in entries if entry.counts)
    if failures:
        yield _table(failures)
    else:
        yield element("p", "No finding.")
    accepted = [entry for entry in entries if entry.outcome is Outcome.FAIL and not entry.counts]
    unknown = [entry for entry in entries if entry.outcome is Outcome.UNKNOWN]
    if accepted:
        yield _details(plural(len(accepted), "accepted finding"), accepted)
    if unknown:
        yield _details(f"{plural(len(unknown), 'check')} could not be decided", unknown)


def _details(title: str, entries: list[Entry]) -> Html:
    items = (
        element("li", f"{each.rule} {each.title}: {each.message} {each.suppressed}".strip())
        for each in worst_first(entries)
    )
    return element("details", element("summary", title), element("ul", *items))


def _table(entries: list[Entry]) -> Html:
    columns = (element("col", class_=name) for name in ("severity", "rule", "place", "finding"))
    names = (
        element("th", name, scope="col")
        for name in ("Severity", "Rule", "Where", "Finding and fix")
    )
    rows = (_row(each) for each in entries)
    return element(
        "table",
        element("colgroup", *columns),
        element("thead", element("tr", *names)),
        element("tbody", *rows),
    )


def _row(entry: Entry) -> Html:
    place = entry.location
    where = f"{place.file}:{place.line}" if place else entry.arn or entry.resource
    return element(
        "tr",
        element("td", entry.severity.name, class_=entry.severity.name),
        element("td", element("a", entry.rule, href=entry.source, rel="noreferrer")),
        element("td", where),
        element(
            "td",
            entry.message,
            Html("<br>"),
            element("span", f"Fix: {entry.remedy}", class_="quiet"),
        ),
    )
