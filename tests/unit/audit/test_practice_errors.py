"""What texts on ECS say and the API does not: each statement followed to the letter in a clean world.

The world has nothing to find (``test_rules.py``), so what is found is what the statement does. The page
tells it too, and why some statements leave nothing to check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import Finding, evaluate
from audit.model.load_balancing import LoadBalancer, TargetGroup
from audit.model.scaling import ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.surroundings import Role, SecurityGroup
from audit.model.task_definition import TaskDefinition
from audit.model.utilisation import Utilisation
from audit.rule import Outcome
from build_tools.sam import ROOT
from tests.unit.audit.case import REMOVED, Change, changed
from tests.unit.audit.clean import ECS, graph_of, world

PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
APP, AGENT = "containerDefinitions[0]", "containerDefinitions[1]"


@dataclass(frozen=True, slots=True)
class Statement:
    """What following a statement changes, and every rule that then fails."""

    id: str
    findings: set[str]
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """The name of the test."""
        return self.id


def _task(**fields: Any) -> tuple[Change, ...]:
    return tuple((TaskDefinition, path.replace("__", "."), value) for path, value in fields.items())


def _on(kind: Any, path: str, value: Any) -> tuple[Change, ...]:
    return ((kind, path, value),)


def _app(path: str, value: Any) -> tuple[Change, ...]:
    return _on(TaskDefinition, f"{APP}.{path}", value)


def _agent(path: str, value: Any) -> tuple[Change, ...]:
    return _on(TaskDefinition, f"{AGENT}.{path}", value)


_DOCKER = {"scope": "task", "driver": "local"}
_TMPFS = [{"containerPath": "/shared", "size": 64}]
_NOBODY: set[str] = set()
# As the service has it on instances, in their own network.
_BRIDGE = (
    *_task(requiresCompatibilities=["EC2"], networkMode="bridge"),
    *_on(Service, "capacityProviderStrategy", REMOVED),
    *_on(Service, "launchType", "EC2"),
    *_on(Service, "platformVersion", REMOVED),
    *_on(Service, "networkConfiguration", REMOVED),
    *_on(TargetGroup, "TargetType", "instance"),
)
STATEMENTS = (
    Statement(
        "W1",
        {"VAL-12"},
        _task(volumes=[{"name": "scratch", "dockerVolumeConfiguration": _DOCKER}]),
    ),
    Statement(
        "W2",
        {"VAL-11", "VAL-12", "VAL-13"},
        _task(
            volumes=[
                {
                    "name": "scratch",
                    "host": {"sourcePath": "/ecs"},
                    "dockerVolumeConfiguration": _DOCKER,
                }
            ]
        ),
    ),
    Statement(
        "W3",
        {"SDC-06"},
        _app("linuxParameters.tmpfs", _TMPFS) + _agent("linuxParameters.tmpfs", _TMPFS),
    ),
    Statement("W4", {"VAL-01"}, _task(networkMode=REMOVED)),
    Statement("W5", {"VAL-05"}, _task(executionRoleArn=REMOVED)),
    Statement("W6", {"NET-05"}, _app("environment[0].value", "http://agent:9000")),
    Statement(
        "W7", {"NET-05", "NET-01"}, _BRIDGE + _app("environment[0].value", "http://agent:9000")
    ),
    Statement("W8", {"VAL-03"}, _app("portMappings[0].hostPort", 80)),
    Statement("W9", {"SDC-03"}, _app("dependsOn[0].condition", "START")),
    Statement(
        "W10",
        {"VAL-09"},
        (
            *_app("dependsOn[0].condition", "COMPLETE"),
            *_agent("essential", True),
            *_agent("mountPoints", [{"sourceVolume": "scratch", "containerPath": "/tmp"}]),
        ),
    ),
    Statement(
        "W11",
        {"SDC-02", "SEC-11"},
        (
            *_app("image", "nginx:latest"),
            *_agent("image", "nginx:latest"),
            *_app("environment", REMOVED),
            *_app("secrets", REMOVED),
            *_agent("mountPoints", [{"sourceVolume": "scratch", "containerPath": "/tmp"}]),
        ),
    ),
    Statement(
        "W12", {"NET-05", "NET-01"}, _BRIDGE + _app("environment[0].value", "http://localhost:9000")
    ),
    Statement("W14", {"VAL-01"}, _task(networkMode="host")),
    Statement(
        "W15",
        {"X-13"},
        _on(
            Service,
            "deployments",
            [
                {"taskDefinition": f"{ECS}:task-definition/web:{revision}", "runningCount": 2}
                | {"rolloutState": "COMPLETED"}
                for revision in (7, 6)
            ],
        ),
    ),
    Statement(
        "W18",
        {"X-05", "CST-05"},
        (
            *_on(
                Cluster,
                "defaultCapacityProviderStrategy",
                [
                    {"capacityProvider": "FARGATE", "weight": 1},
                    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
                ],
            ),
            *_on(Service, "capacityProviderStrategy", REMOVED),
            *_on(Service, "launchType", "FARGATE"),
        ),
    ),
    Statement(
        "W19",
        {"X-06"},
        _on(
            ScalingPolicy,
            "#1.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.ResourceLabel",
            "app/web/fedcba9876543210/targetgroup/web/ffffffffffffffff",
        ),
    ),
    Statement("W20", {"HLT-04"}, _on(Service, "healthCheckGracePeriodSeconds", REMOVED)),
    Statement("W21", {"LIF-05", "X-01", "X-11"}, _on(TargetGroup, "Attributes", [])),
    Statement(
        "W22",
        {"NET-03"},
        (
            *_on(LoadBalancer, "SecurityGroups", ["sg-tasks"]),
            *_on(
                SecurityGroup,
                "#1.IpPermissions[0].UserIdGroupPairs",
                [{"GroupId": "sg-tasks"}],
            ),
        ),
    ),
    Statement(
        "W24",
        {"LOG-03", "LOG-04"},
        _app("logConfiguration.options.awslogs-group", "/ecs/new")
        + _app("logConfiguration.options.awslogs-create-group", "true"),
    ),
    Statement("W25", {"RES-03"}, _app("memory", REMOVED) + _agent("memory", REMOVED)),
    Statement("W26", _NOBODY, _app("linuxParameters.tmpfs", _TMPFS)),
    Statement(
        "W27",
        {"VAL-14", "HLT-03", "SCL-05", "X-03", "X-15"},
        _app("healthCheck.startPeriod", 600),
    ),
    Statement(
        "W28",
        {"SCL-06"},
        _on(ScalingPolicy, "#0.TargetTrackingScalingPolicyConfiguration.DisableScaleIn", True)
        + _on(ScalingPolicy, "#1.TargetTrackingScalingPolicyConfiguration.DisableScaleIn", True),
    ),
    Statement("W29", {"TAG-02"}, _on(Service, "propagateTags", REMOVED)),
    Statement("W30", {"OPS-01"}, _on(Cluster, "settings[0].value", "enabled")),
    Statement(
        "W31",
        {"SEC-08"},
        _on(
            Role,
            "#0.Policies[0].Statement[0].Action",
            ["ecs:RegisterTaskDefinition", "ecs:UpdateService", "iam:PassRole"],
        ),
    ),
    Statement(
        "W33", {"OPS-06"}, _task(proxyConfiguration={"type": "APPMESH", "containerName": "agent"})
    ),
    Statement(
        "W34",
        _NOBODY,
        (
            *_task(cpu="16384", memory="122880"),
            *_on(Utilisation, "MemoryMaximum", 84.0),
        ),
    ),
    Statement("W35", {"VAL-20"}, _task(initProcessEnabled=True)),
    Statement(
        "W36",
        _NOBODY,
        (
            *_on(Service, "deploymentController.type", "CODE_DEPLOY"),
            *_on(Service, "deploymentConfiguration.deploymentCircuitBreaker", REMOVED),
        ),
    ),
    Statement(
        "W37",
        {"HLT-06"},
        _app("image", "gcr.io/distroless/static:nonroot")
        + _app("healthCheck.command", ["CMD-SHELL", "curl -f http://localhost:8080/"]),
    ),
    Statement("W38", {"X-08", "SEC-12"}, _on(Service, "enableExecuteCommand", True)),
    Statement(
        "W39",
        {"X-04", "X-09", "AVL-01", "SCL-03"},
        (
            *_on(Service, "desiredCount", 1),
            *_on(Service, "deploymentConfiguration.minimumHealthyPercent", 50),
            *_on(Service, "deploymentConfiguration.maximumPercent", 100),
        ),
    ),
)


def _failing(changes: tuple[Change, ...]) -> list[Finding]:
    findings = evaluate(graph_of(changed(world(), changes)), all_rules())
    return [each for each in findings if each.outcome is Outcome.FAIL]


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_what_following_it_gives(statement: Statement) -> None:
    failing = _failing(statement.changes)
    assert {each.rule.id for each in failing} == statement.findings, [e.message for e in failing]


def test_the_page_tells_the_same() -> None:
    section = PAGE.partition("## What texts on ECS say")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (W\d+) \|.*\| ([^|]+) \|$", section, re.MULTILINE)
    assert [name for name, _ in rows] == [f"W{number}" for number in range(1, 40)]
    told = {name: set(re.findall(r"[A-Z]+-\d+", found)) for name, found in rows}
    # A file that is none: test_common_mistakes.py.
    found = {each.id: each.findings for each in STATEMENTS} | {"W17": {"DOC-01"}}
    assert {name: rules for name, rules in told.items() if rules} == {
        name: rules for name, rules in found.items() if rules
    }
    unchecked = {name for name, cell in rows if cell.startswith("nothing to check: ")}
    assert unchecked | found.keys() == told.keys()
    assert not unchecked & found.keys()
