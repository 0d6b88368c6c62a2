"""Suppressions: who is covered, until when, and what does not count as one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.graph import Graph, Item
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.rule import Outcome
from audit.suppression import Suppression, from_graph, suppress
from tests.unit.audit.case import REMOVED, changed
from tests.unit.audit.clean import ECS, graph_of, world

TODAY = date(2026, 6, 1)
_STOP = (TaskDefinition, "containerDefinitions[0].stopTimeout", REMOVED)


def _entries(*changes: Any) -> Any:
    graph = graph_of(changed(world(), (_STOP, *changes)))
    return graph, [Entry(each) for each in evaluate(graph, all_rules())]


def _state(suppressions: list[Suppression], *changes: Any) -> tuple[str, list[str]]:
    _, entries = _entries(*changes)
    result, notes = suppress(entries, suppressions, TODAY)
    (found,) = [e for e in result if e.rule == "LIF-01" and e.outcome is Outcome.FAIL]
    return found.suppressed, notes


def _one(**fields: Any) -> list[Suppression]:
    given = {"rule": "LIF-01", "reason": "stateless", "until": date(2026, 6, 1), "told": "here"}
    return [Suppression(**(given | fields))]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rule": "LIF-*"},
        {"resource": "w*"},
        {"resource": "arn:aws:ecs:*:task-definition/web:7"},
        {"container": "app"},
        {"kind": "task definition"},
    ],
)
def test_what_covers_a_finding(fields: dict[str, Any]) -> None:
    assert _state(_one(**fields)) == ("stateless (until 2026-06-01)", [])


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": "LIF-02"},
        {"resource": "api"},
        {"container": "agent"},
        {"kind": "service"},
        {"file": "a.json"},
    ],
)
def test_what_does_not(fields: dict[str, Any]) -> None:
    assert _state(_one(**fields)) == ("", [])


def test_it_ends_on_its_day_and_says_so() -> None:
    ended = _one(until=date(2026, 5, 31))
    assert _state(ended) == ("", ["here: the suppression of LIF-01 ended on 2026-05-31"])


def test_a_pass_is_never_suppressed() -> None:
    _, entries = _entries()
    result, _ = suppress(entries, _one(rule="*"), TODAY)
    assert {e.outcome for e in result if e.suppressed} == {Outcome.FAIL}


_TAGS = [
    {"key": "ecs-ops:audit-ignore", "value": "LIF-01 SEC-04"},
    {"key": "ecs-ops:audit-reason", "value": "stateless"},
    {"key": "ecs-ops:audit-until", "value": "2026-12-31"},
]


def _from(*changes: Any) -> tuple[list[Suppression], list[str]]:
    return from_graph(_entries(*changes)[0])


def _suppressed(graph: Graph) -> list[Entry]:
    entries = [Entry(each) for each in evaluate(graph, all_rules())]
    return [each for each in suppress(entries, from_graph(graph)[0], TODAY)[0] if each.suppressed]


def test_tags_of_a_resource_suppress_on_it() -> None:
    graph, _ = _entries((TaskDefinition, "tags", _TAGS))
    found, problems = from_graph(graph)
    assert ([each.rule for each in found], problems) == (["LIF-01", "SEC-04"], [])
    (entry,) = _suppressed(graph)
    assert (entry.rule, entry.suppressed) == ("LIF-01", "stateless (until 2026-12-31)")


def test_tags_of_a_service_do_not_speak_for_its_namesake_in_another_cluster() -> None:
    tags = [_TAGS[0] | {"value": "DEP-01"}, *_TAGS[1:]]
    services = [
        {
            "serviceArn": f"{ECS}:service/{cluster}/web",
            "serviceName": "web",
            "clusterArn": f"{ECS}:cluster/{cluster}",
            "desiredCount": 2,
            "tags": tags if cluster == "dev" else [],
        }
        for cluster in ("dev", "prod")
    ]
    (entry,) = _suppressed(Graph([Item(Service, each) for each in services]))
    assert entry.arn == f"{ECS}:service/dev/web"


def test_docker_labels_suppress_on_their_container_only() -> None:
    labels = {tag["key"]: tag["value"] for tag in _TAGS}
    for index, expected in ((0, ["LIF-01"]), (1, [])):
        change = (TaskDefinition, f"containerDefinitions[{index}].dockerLabels", labels)
        assert [each.rule for each in _suppressed(_entries(change)[0])] == expected


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (_TAGS[:1], "ecs-ops:audit-ignore without ecs-ops:audit-reason"),
        (_TAGS[:2], "ecs-ops:audit-ignore without ecs-ops:audit-until, a day like 2026-12-31"),
        (
            [*_TAGS[:2], {"key": "ecs-ops:audit-until", "value": "soon"}],
            "ecs-ops:audit-ignore without ecs-ops:audit-until, a day like 2026-12-31",
        ),
    ],
)
def test_without_reason_or_day_it_suppresses_nothing_and_is_told(tags: Any, problem: str) -> None:
    found, problems = _from((TaskDefinition, "tags", tags))
    assert found == []
    assert problems == [f"task definition web:7: {problem}; it suppresses nothing"]
