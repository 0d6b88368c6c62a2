"""Where a rule does not apply, and where it says that nobody can tell: neither is a pass."""

from __future__ import annotations

from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.graph import Graph, Item
from audit.model.load_balancing import TargetGroup
from audit.model.resource import Source
from audit.model.service import Service
from audit.model.surroundings import AccountSetting, LogGroup, Role
from audit.model.task_definition import TaskDefinition
from audit.rule import Outcome
from tests.unit.audit.case import REMOVED, Change, changed
from tests.unit.audit.clean import graph_of, world

APP, AGENT = "containerDefinitions[0]", "containerDefinitions[1]"


def _task(path: str, value: Any) -> Change:
    return (TaskDefinition, path, value)


EC2 = _task("requiresCompatibilities", ["EC2"])
EXTERNAL = _task("requiresCompatibilities", ["EXTERNAL"])
BRIDGE = (EC2, _task("networkMode", "bridge"))
WINDOWS = _task("runtimePlatform.operatingSystemFamily", "WINDOWS_SERVER_2022_CORE")
ALONE = (_task(f"{APP}.dependsOn", REMOVED), _task(AGENT, REMOVED))
NEW = (Service, "status", REMOVED)
DAEMON = (Service, "schedulingStrategy", "DAEMON")
UNBALANCED = (Service, "loadBalancers", REMOVED)

ELSEWHERE = [
    ("VAL-02", EC2),
    ("VAL-03", _task(f"{APP}.portMappings", REMOVED), _task(f"{AGENT}.portMappings", REMOVED)),
    ("VAL-04", *BRIDGE),
    ("VAL-08", _task(f"{APP}.dependsOn", REMOVED)),
    ("VAL-11", EC2),
    ("VAL-12", EXTERNAL),
    ("VAL-13", _task("volumes", []), _task(f"{APP}.mountPoints", [])),
    ("VAL-16", UNBALANCED),
    ("VAL-18", EC2),
    ("VAL-19",),
    ("VAL-21",),
    ("VAL-22",),
    ("VAL-23", NEW),
    ("VAL-24", NEW, DAEMON),
    ("VAL-25",),
    ("VAL-26",),
    ("SDC-01", *BRIDGE),
    ("SDC-02", *BRIDGE),
    ("SDC-02", *ALONE),
    ("SDC-03", _task(f"{APP}.dependsOn", REMOVED)),
    ("SDC-04", *ALONE),
    ("SDC-05", UNBALANCED),
    ("SDC-06",),
    ("SDC-07",),
    ("SDC-08",),
    ("SDC-09",),
    ("HLT-04", UNBALANCED),
    ("HLT-05", UNBALANCED),
    ("HLT-07", UNBALANCED),
    ("LIF-02",),
    ("LIF-02", _task("requiresCompatibilities", ["EC2", "FARGATE"])),
    ("LIF-03", WINDOWS),
    ("LIF-03", _task("pidMode", "task")),
    ("LIF-04", _task(f"{AGENT}.essential", True)),
    ("LIF-04", _task(f"{APP}.dependsOn[0].condition", "SUCCESS")),
    ("LIF-05", UNBALANCED),
    ("LOG-02", _task(f"{AGENT}.essential", True)),
    ("LOG-04",),
    ("RES-01",),
    ("RES-01", _task("requiresCompatibilities", ["MANAGED_INSTANCES"])),
    ("RES-02",),
    ("RES-03", EC2),
    ("RES-03", *ALONE),
    ("RES-04",),
    ("RES-04", WINDOWS, EC2, _task(f"{APP}.image", "nginx:1")),
]

CREATE = _task(f"{APP}.logConfiguration.options.awslogs-create-group", "true")
CURL = _task(f"{APP}.healthCheck.command", ["CMD-SHELL", "curl localhost"])
NO_MODE = _task(f"{APP}.logConfiguration.options.mode", REMOVED)

UNTOLD = [
    ("VAL-01", _task("networkMode", "${MODE}")),
    ("VAL-02", _task("cpu", "{{cpu}}")),
    ("VAL-03", _task(f"{APP}.portMappings[0].containerPortRange", "from-to")),
    ("VAL-09", _task(f"{APP}.dependsOn[0].condition", "SUCCESS"), _task(f"{AGENT}.essential", "?")),
    ("VAL-16", (TargetGroup, "#0", REMOVED)),
    ("VAL-20", _task(f"{APP}.cpu", "${CPU}")),
    ("HLT-06", CURL),
    ("HLT-05", (TargetGroup, "HealthCheckIntervalSeconds", "often")),
    ("LIF-02", EC2, _task(f"{APP}.stopTimeout", REMOVED)),
    ("LIF-02", EC2, _task(f"{APP}.stopTimeout", 300)),
    ("LOG-03", (LogGroup, "#0", REMOVED)),
    ("LOG-04", CREATE, (Role, "#1", REMOVED)),
    ("LOG-04", CREATE, (Role, "#1.AttachedPolicies", [{"PolicyName": "ours"}])),
    ("LOG-04", CREATE, EC2),
    ("LOG-05",),
    ("LOG-06", NO_MODE, (AccountSetting, "#0", REMOVED)),
    ("RES-04", EC2, _task(f"{APP}.image", "nginx:1")),
]


def _outcomes(rule: str, changes: tuple[Change, ...], *, complete: bool) -> set[Outcome]:
    graph = graph_of(changed(world(), changes), complete=complete)
    return {each.outcome for each in evaluate(graph, all_rules()) if each.rule.id == rule}


@pytest.mark.parametrize(("rule", "changes"), [(each[0], each[1:]) for each in ELSEWHERE])
def test_it_does_not_apply(rule: str, changes: tuple[Change, ...]) -> None:
    outcomes = _outcomes(rule, changes, complete=True)
    assert Outcome.NOT_APPLICABLE in outcomes
    assert Outcome.FAIL not in outcomes
    # A container more may still pass; rules on the whole resource say one thing.
    assert Outcome.UNKNOWN not in outcomes


@pytest.mark.parametrize(("rule", "changes"), [(each[0], each[1:]) for each in UNTOLD])
def test_nobody_can_tell(rule: str, changes: tuple[Change, ...]) -> None:
    outcomes = _outcomes(rule, changes, complete=False)
    assert Outcome.UNKNOWN in outcomes
    assert Outcome.FAIL not in outcomes


@pytest.mark.parametrize(
    ("policies", "attached", "outcome"),
    [
        ([{"Statement": {"Effect": "Allow", "Action": "logs:*"}}], [], Outcome.PASS),
        ([], ["CloudWatchLogsFullAccess"], Outcome.PASS),
        ([], ["AdministratorAccess"], Outcome.PASS),
        ([], ["AmazonECSTaskExecutionRolePolicy"], Outcome.FAIL),
        ([], ["AmazonECSTaskExecutionRolePolicy", "ours"], Outcome.UNKNOWN),
        ([], [], Outcome.FAIL),
    ],
)
def test_who_may_create_log_groups(
    policies: list[Any], attached: list[str], outcome: Outcome
) -> None:
    changes = (
        CREATE,
        (Role, "#1.Policies", policies),
        (Role, "#1.AttachedPolicies", [{"PolicyName": name} for name in attached]),
    )
    assert outcome in _outcomes("LOG-04", changes, complete=True)


def test_the_usual_execution_role_may_not_create_log_groups_as_far_as_its_name_tells() -> None:
    role = _task("executionRoleArn", "arn:aws:iam::111122223333:role/ecsTaskExecutionRole")
    assert Outcome.FAIL in _outcomes("LOG-04", (CREATE, role), complete=False)


def test_cloudformation_has_names_and_types_of_its_own() -> None:
    document = world()[TaskDefinition][0] | {"Anything": 1}
    for source, outcome in (
        (Source(), Outcome.FAIL),
        (Source(logical_id="Task"), Outcome.NOT_APPLICABLE),
    ):
        findings = evaluate(Graph([Item(TaskDefinition, document, source)]), all_rules())
        assert outcome in {each.outcome for each in findings if each.rule.id == "VAL-20"}


@pytest.mark.parametrize(
    ("family", "revision", "found"),
    [("web", None, True), ("web", 7, True), ("web", 8, False), ("api", None, False)],
)
def test_a_service_finds_the_file_that_is_registered_next(
    family: str, revision: int | None, found: bool
) -> None:
    task = {"family": family, "containerDefinitions": []} | (
        {"revision": revision} if revision else {}
    )
    other = {"family": "other", "containerDefinitions": []}
    service = {"serviceName": "web", "taskDefinition": "web:7"}
    graph = Graph([Item(TaskDefinition, task), Item(TaskDefinition, other), Item(Service, service)])
    assert bool(graph.all(TaskDefinition)[0].services) is found


def test_a_log_group_of_another_region_is_unknown_and_not_missing() -> None:
    options = f"{APP}.logConfiguration.options"
    elsewhere = (
        _task(f"{options}.awslogs-region", "us-east-1"),
        _task(f"{options}.awslogs-group", "/ecs/there"),
    )
    found = evaluate(graph_of(changed(world(), elsewhere)), all_rules())
    outcomes = {each.outcome for each in found if each.rule.id == "LOG-03"}
    assert outcomes == {Outcome.UNKNOWN, Outcome.PASS}
