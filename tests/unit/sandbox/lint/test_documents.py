"""Every shape in which ECS's documents lie about in repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.graph import Graph
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unknown
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Outcome
from sandbox.lint.documents import items
from sandbox.lint.locating import locate
from sandbox.lint.reading import parse

TASK = {"family": "web", "containerDefinitions": [{"name": "app", "image": "web:1"}]}


def _kinds(document: Any) -> list[tuple[Any, tuple[str | int, ...]]]:
    text = parse("x.json", json.dumps(document))
    return [(item.kind, item.source.pointer) for item in items(text, {})]


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        (TASK, [(TaskDefinition, ())]),
        ({"taskDefinition": TASK}, [(TaskDefinition, ("taskDefinition",))]),
        ([TASK, TASK], [(TaskDefinition, (0,)), (TaskDefinition, (1,))]),
        ({"Family": "web", "ContainerDefinitions": []}, [(TaskDefinition, ())]),
        (TASK["containerDefinitions"], [(TaskDefinition, ())]),
        ({"serviceName": "web", "taskDefinition": "web:1"}, [(Service, ())]),
        ({"desiredCount": 2, "launchType": "FARGATE"}, [(Service, ())]),
        ({"services": [{"serviceArn": "a"}], "failures": []}, [(Service, ("services", 0))]),
        ({"service": {"serviceName": "web"}}, [(Service, ("service",))]),
        ({"service": "web", "forceNewDeployment": True}, [(Service, ())]),
        ({"clusterName": "prod"}, [(Cluster, ())]),
        ({"clusters": [{"clusterName": "prod"}]}, [(Cluster, ("clusters", 0))]),
        ({"TargetGroups": [{"TargetType": "ip"}]}, [(TargetGroup, ("TargetGroups", 0))]),
        (
            {"ResourceId": "service/a/b", "ScalableDimension": "x", "MinCapacity": 1},
            [(ScalableTarget, ())],
        ),
        (
            {"PolicyName": "cpu", "ResourceId": "service/a/b", "ScalableDimension": "x"},
            [(ScalingPolicy, ())],
        ),
        ([{"name": "app", "imageUri": "web:1"}], []),  # CodePipeline's imagedefinitions.json
        ({"name": "web", "version": "1.0.0"}, []),
        ("text", []),
        (None, []),
        ([], []),
    ],
)
def test_what_a_document_is(document: Any, kinds: list[Any]) -> None:
    assert _kinds(document) == kinds


def test_tags_beside_a_described_task_definition_belong_to_it() -> None:
    text = parse(
        "x.json", json.dumps({"taskDefinition": TASK, "tags": [{"key": "team", "value": "shop"}]})
    )
    (task,) = Graph(items(text, {})).all(TaskDefinition)
    assert task.tags == {"team": "shop"}


def test_of_a_bare_list_of_containers_the_rest_is_unknown() -> None:
    text = parse("x.json", json.dumps(TASK["containerDefinitions"], indent=2))
    (task,) = Graph(items(text, {})).all(TaskDefinition)
    with pytest.raises(Unknown, match="only the containers"):
        assert task.network_mode
    assert locate(text, task, ("containerDefinitions", 0, "image")).line == 4


def test_a_service_without_a_task_definition_runs_the_only_one_there_is() -> None:
    files = {"task.json": TASK, "service.json": {"desiredCount": 1, "launchType": "FARGATE"}}
    found = [
        item for name, body in files.items() for item in items(parse(name, json.dumps(body)), {})
    ]
    (service,) = Graph(found).all(Service)
    assert service.task_definition.label == "web"


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("containerDefinitions", 0, "stopTimeout"), 5, 12),
        (("containerDefinitions", 0, "image"), 4, 12),  # not written: the container
        (("networkMode",), 1, 1),  # not written: the document
    ],
)
def test_a_finding_points_to_the_field_or_to_what_is_around_it(
    path: tuple[str | int, ...], line: int, column: int
) -> None:
    text = parse(
        "x.json",
        '{\n  "family": "web",\n  "containerDefinitions": [\n           {"name": "app",\n'
        '           "stopTimeout": 5}\n  ]\n}\n',
    )
    (task,) = Graph(items(text, {})).all(TaskDefinition)
    found = locate(text, task, path)
    assert (found.file, found.line, found.column) == ("x.json", line, column)


def test_a_finding_in_a_template_points_to_cloudformations_name_of_the_field() -> None:
    text = parse(
        "t.yaml",
        "Resources:\n  Group:\n    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n    Properties:\n"
        "      TargetGroupAttributes:\n        - Key: deregistration_delay.timeout_seconds\n"
        "          Value: 300\n",
    )
    (group,) = Graph(items(text, {})).all(TargetGroup)
    found = locate(text, group, ("Attributes", 0, "Value"))
    assert (found.line, found.column) == (7, 11)


def _of_service(document: Any) -> dict[str, set[Outcome]]:
    graph = Graph(items(parse("x.json", json.dumps(document)), {}))
    found: dict[str, set[Outcome]] = {}
    for each in evaluate(graph, all_rules()):
        found.setdefault(each.rule.id, set()).add(each.outcome)
    return found


def test_of_an_update_only_what_it_says_is_known() -> None:
    (item,) = items(parse("x.json", '{"service": "web", "taskDefinition": "web:8"}'), {})
    assert item.data["serviceName"] == "web"
    found = _of_service({"service": "web", "forceNewDeployment": True, "platformVersion": "1.3.0"})
    assert not [
        rule for rule, outcomes in found.items() if Outcome.FAIL in outcomes and "VAL" in rule
    ]
    assert found["VAL-48"] == found["X-04"] == {Outcome.UNKNOWN}


def test_a_service_whose_name_another_tool_keeps_lacks_nothing() -> None:
    assert _of_service({"desiredCount": 2, "launchType": "FARGATE"})["VAL-27"] == {Outcome.UNKNOWN}
    assert _of_service({"desiredCount": 2, "cluster": "prod"})["VAL-27"] == {Outcome.FAIL}
