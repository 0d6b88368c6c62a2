"""Rules over a graph: what each says of each resource it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from audit.model.graph import Graph
from audit.model.node import Node, Path, Unknown, format_path
from audit.model.resource import Resource
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Fix, Outcome, Rule, Severity, Verdict

# Resources of which everything that was read is kept, and those that they lead to.
_REMEMBERED = 500


class Finding(NamedTuple):
    """A rule's verdict on a resource; the path lies in ``place``, mostly the resource itself."""

    rule: Rule
    outcome: Outcome
    severity: Severity
    resource: Resource
    place: Resource
    path: Path
    message: str
    fixes: tuple[Fix, ...] = ()

    @property
    def field(self) -> str:
        """The path as people write it."""
        return format_path(self.path)


def evaluate(graph: Graph, rules: Iterable[Rule]) -> list[Finding]:
    """Every verdict of every rule on everything it looks at."""
    return list(findings(graph, rules))


def findings(
    graph: Graph, rules: Iterable[Rule], counted: dict[Outcome, int] | None = None
) -> Iterator[Finding]:
    """The same one by one, for an account whose verdicts are too many to keep.

    Outcomes in ``counted`` are counted there, and nothing more: most checks pass or do not apply.
    """
    counted = {} if counted is None else counted
    by_kind: dict[type[Node], list[Rule]] = {}
    for rule in rules:
        by_kind.setdefault(rule.on, []).append(rule)
    containers = by_kind.get(Container, [])
    for number, resource in enumerate(graph, 1):
        if number % _REMEMBERED == 0:
            for each in graph:
                each.forget()
        yield from _verdicts(by_kind.get(type(resource), ()), resource, resource, counted)
        if containers and isinstance(resource, TaskDefinition):
            yield from _of_containers(containers, resource, counted)


def _of_containers(
    rules: list[Rule], task: TaskDefinition, counted: dict[Outcome, int]
) -> Iterator[Finding]:
    try:
        containers = task.containers
    except Unknown as unknown:
        verdict = Verdict(Outcome.UNKNOWN, unknown.path, unknown.reason)
        for rule in rules:
            yield from _said(rule, task, (verdict,), counted)
        return
    for container in containers:
        yield from _verdicts(rules, container, task, counted)


def _verdicts(
    rules: Iterable[Rule],
    subject: Resource | Container,
    resource: Resource,
    counted: dict[Outcome, int],
) -> Iterator[Finding]:
    nothing = (Verdict(Outcome.NOT_APPLICABLE, subject.path),)
    for rule in rules:
        verdicts: list[Verdict] = []
        try:
            verdicts.extend(rule.check(subject))  # what it says before it does not know stays
        except Unknown as unknown:
            # What is unknown may belong to another resource; the reason says which field it is.
            verdicts.append(Verdict(Outcome.UNKNOWN, subject.path, unknown.reason))
        yield from _said(rule, resource, verdicts or nothing, counted)


def _said(
    rule: Rule, resource: Resource, verdicts: Iterable[Verdict], counted: dict[Outcome, int]
) -> Iterator[Finding]:
    for outcome, path, message, severity, fixes, place in verdicts:
        if outcome in counted:
            counted[outcome] += 1
            continue
        yield Finding(
            rule,
            outcome,
            severity or rule.severity,
            resource,
            place or resource,
            path,
            message,
            fixes,
        )
