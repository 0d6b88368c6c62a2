"""What a service's times add up to, drawn and counted."""

from __future__ import annotations

from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unresolved
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.report.entry import Entry
from audit.report.html import html
from audit.report.ownership import belongings
from audit.report.report import Report
from audit.report.score import score
from audit.report.timeline import Timeline, timelines
from audit.rule import Outcome
from tests.unit.audit.case import Change, changed
from tests.unit.audit.clean import graph_of, world


def _service(*changes: Change) -> Service:
    (service,) = graph_of(changed(world(), changes)).all(Service)
    return service


def _drawn(subject: Any) -> dict[str, Timeline]:
    return {each.title: each for each in timelines(subject)}


def _spans(timeline: Timeline) -> list[tuple[str, int, int]]:
    return [(span.label, span.start, span.end) for span in timeline.spans]


def test_a_replaced_task_drains_first_and_stops_in_reverse_order_of_its_start() -> None:
    replaced = _drawn(_service())["A task is replaced"]
    assert _spans(replaced) == [
        ("web drains", 0, 60),
        ("app stops", 60, 120),
        ("agent stops", 120, 130),
    ]
    assert [(mark.label, mark.at) for mark in replaced.marks] == [("SIGTERM", 60)]


def test_on_spot_draining_and_stopping_share_two_minutes() -> None:
    spot = _drawn(_service())["Spot takes a task back"]
    assert _spans(spot) == [("web drains", 0, 60), ("app stops", 0, 60), ("agent stops", 60, 70)]
    assert [(mark.at, mark.limit) for mark in spot.marks] == [(0, False), (120, True)]


def test_without_spot_there_is_no_such_picture() -> None:
    on_demand = _service(
        (Service, "capacityProviderStrategy", [{"capacityProvider": "FARGATE", "weight": 1}])
    )
    assert "Spot takes a task back" not in _drawn(on_demand)


def test_a_starting_task_waits_for_what_it_depends_on() -> None:
    started = _drawn(_service())["A task starts"]
    assert _spans(started) == [
        ("agent starts", 0, 20),
        ("app starts", 20, 60),
        ("grace period", 0, 120),
        ("web: unhealthy", 0, 40),
    ]
    assert started.end == 120


def test_a_task_definition_alone_has_what_it_knows() -> None:
    (task,) = _service().graph.all(TaskDefinition)
    drawn = _drawn(task)
    assert _spans(drawn["A task stops"]) == [("app stops", 0, 60), ("agent stops", 60, 70)]
    assert _spans(drawn["A task starts"]) == [("agent starts", 0, 20), ("app starts", 20, 60)]


@pytest.mark.parametrize(
    ("change", "title", "reason"),
    [
        (
            (TargetGroup, "Attributes", Unresolved("access denied")),
            "A task is replaced",
            "access denied",
        ),
        (
            (TaskDefinition, "containerDefinitions[0].dependsOn[0].condition", "COMPLETE"),
            "A task starts",
            "how long agent takes until COMPLETE is not known",
        ),
        (
            (
                TaskDefinition,
                "containerDefinitions[1].dependsOn",
                [{"containerName": "app", "condition": "START"}],
            ),
            "A task is replaced",
            "dependsOn has a cycle",
        ),
    ],
)
def test_what_is_not_known_is_not_drawn_and_says_why(
    change: Change, title: str, reason: str
) -> None:
    assert _drawn(_service(change))[title].unknown == reason


def _entries(*changes: Change) -> list[Any]:
    return [Entry(each) for each in evaluate(graph_of(changed(world(), changes)), all_rules())]


def test_the_clean_world_has_full_marks() -> None:
    clean = score(_entries())
    assert (clean.points, clean.decided) == (100, clean.applicable)


def test_a_failure_costs_by_its_severity() -> None:
    error = score(_entries((TaskDefinition, "networkMode", "bridge")))
    assert error.points is not None
    assert error.points < 100


def test_there_is_no_score_when_too_much_is_unknown() -> None:
    unknown = score(_entries((TaskDefinition, "containerDefinitions", Unresolved("denied"))))
    assert unknown.points is None
    assert "too few for a score" in str(unknown)
    assert score([]).points is None


def test_what_belongs_to_a_service() -> None:
    kinds = [each.kind for each in belongings(_service())]
    assert kinds == [
        "service",
        "task definition",
        "target group",
        "scalable target",
        "scaling policy",
        "scaling policy",
    ]


def test_everything_that_fails_is_on_the_page_once() -> None:
    graph = graph_of(
        changed(
            world(), ((TaskDefinition, "networkMode", "bridge"), (TargetGroup, "Attributes", []))
        )
    )
    entries = tuple(Entry(each) for each in evaluate(graph, all_rules()))
    failing = [each for each in entries if each.outcome is Outcome.FAIL]
    page = html(Report(entries, {}), graph)
    assert page.count("Fix: ") == len(failing) > 0
