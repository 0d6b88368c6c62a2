"""Findings that somebody decided to live with: for a reason, and until a day.

A suppression comes from a file, from tags of the resource or from docker labels of the container. One that
gives no reason, no day, or whose day has passed suppresses nothing, and the report says so.

Tag values may not hold commas (API reference, Tag), so rules are separated by spaces:

    ecs-ops:audit-ignore = LIF-01 SEC-04
    ecs-ops:audit-reason = the image writes below /var/cache
    ecs-ops:audit-until  = 2026-12-31
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from glob import escape
from typing import NamedTuple

from audit.model.graph import Graph
from audit.model.node import Unknown
from audit.model.resource import Resource
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.rule import Outcome

IGNORE, REASON, UNTIL = ("ecs-ops:audit-ignore", "ecs-ops:audit-reason", "ecs-ops:audit-until")


class Suppression(NamedTuple):
    """Which findings, why, until when; every pattern is a glob. ``told`` says where it is written."""

    rule: str
    reason: str
    until: date
    told: str
    kind: str = "*"
    resource: str = "*"
    container: str = "*"
    file: str = "*"
    # What carries the tags: it speaks for itself, not for its namesakes in other clusters.
    of: Resource | None = None

    def covers(self, entry: Entry) -> bool:
        """Does it speak of this finding?"""
        if self.of is not None and entry.about is not self.of:
            return False
        file = entry.location.file if entry.location else ""
        return (
            fnmatchcase(entry.rule, self.rule)
            and fnmatchcase(entry.kind, self.kind)
            and (
                fnmatchcase(entry.resource, self.resource) or fnmatchcase(entry.arn, self.resource)
            )
            and fnmatchcase(entry.container, self.container)
            and fnmatchcase(file, self.file)
        )


def suppress(
    entries: Iterable[Entry], suppressions: Iterable[Suppression], today: date
) -> tuple[list[Entry], list[str]]:
    """The entries with their reasons, and what to say of suppressions that ended."""
    known = list(suppressions)
    in_force = [each for each in known if each.until >= today]
    result = []
    for entry in entries:
        found = next((each for each in in_force if each.covers(entry)), None)
        if found is None or entry.outcome is not Outcome.FAIL:
            result.append(entry)
            continue
        result.append(entry._replace(suppressed=f"{found.reason} (until {found.until})"))
    ended = [
        f"{each.told}: the suppression of {each.rule} ended on {each.until}"
        for each in known
        if each.until < today
    ]
    return result, ended


def from_graph(graph: Graph) -> tuple[list[Suppression], list[str]]:
    """What tags and docker labels say, and which of it cannot be acted on."""
    found: list[Suppression] = []
    problems: list[str] = []
    for tags, pattern in _tagged(graph):
        if IGNORE not in tags:
            continue
        try:
            until = _day(tags)
        except ValueError as error:
            problems.append(f"{pattern.told}: {error}; it suppresses nothing")
            continue
        found += [
            pattern._replace(rule=rule, reason=tags[REASON], until=until)
            for rule in tags[IGNORE].split()
        ]
    return found, problems


def _day(tags: Mapping[str, str]) -> date:
    if not tags.get(REASON, "").strip():
        raise ValueError(f"{IGNORE} without {REASON}")
    try:
        return date.fromisoformat(tags.get(UNTIL, "").strip())
    except ValueError:
        raise ValueError(f"{IGNORE} without {UNTIL}, a day like 2026-12-31") from None


def _tagged(graph: Graph) -> Iterator[tuple[Mapping[str, str], Suppression]]:
    anything = Suppression("", "", date.min, "")
    for resource in graph:
        told = f"{resource.kind} {resource.label}"
        pattern = anything._replace(told=told, of=resource)
        try:
            yield resource.tags, pattern
        except Unknown:
            continue
    for task in graph.all(TaskDefinition):
        yield from _labelled(task, anything)


def _labelled(
    task: TaskDefinition, anything: Suppression
) -> Iterator[tuple[Mapping[str, str], Suppression]]:
    try:
        for container in task.containers:
            labels = container["dockerLabels"].entries()
            texts = {name: text for name, node in labels.items() if (text := node.text())}
            yield (
                texts,
                anything._replace(
                    told=f"container {container.label} of {task.label}",
                    of=task,
                    container=escape(container.label),
                ),
            )
    except Unknown:
        return
