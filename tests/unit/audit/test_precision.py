"""What looks wrong and is right: worlds in which a rule once told an untruth, and what holds there."""

from __future__ import annotations

from typing import Any

import pytest

from audit.catalogue import all_rules
from audit.evaluation import Finding, evaluate
from audit.model.graph import Graph, Item
from audit.model.load_balancing import TargetGroup
from audit.model.node import Unresolved
from audit.model.resource import Resource
from audit.model.scaling import ScalingPolicy
from audit.model.schedule import stop_schedule
from audit.model.service import Cluster, Service
from audit.model.surroundings import Role, Subnet
from audit.model.task_definition import TaskDefinition
from audit.patch import patched
from audit.rule import Outcome, Severity
from tests.unit.audit.case import REMOVED, Change, changed
from tests.unit.audit.clean import ECS, ELB, graph_of, world

APP, AGENT = "containerDefinitions[0]", "containerDefinitions[1]"
NEW = (Service, "status", REMOVED)
MAYBE = Unresolved("depends on condition Production", may_be_absent=True)
ALTERNATE = f"{ELB}:targetgroup/web-green/aaaabbbbccccdddd"
_OTHER = {"name": "slow", "image": "slow:1", "memory": 64}
_CHECK = {"command": ["CMD", "/ok"], "interval": 30, "startPeriod": 300}


def _found(rule: str, *changes: Change) -> list[Finding]:
    return [
        each
        for each in evaluate(graph_of(changed(world(), changes)), all_rules())
        if each.rule.id == rule
    ]


def _outcomes(rule: str, *changes: Change) -> set[Outcome]:
    return {each.outcome for each in _found(rule, *changes)}


def _strategy(name: str) -> Change:
    return (Service, "deploymentConfiguration.strategy", name)


ONE_TASK = (
    (Service, "desiredCount", 1),
    (Service, "deploymentConfiguration.maximumPercent", 150),
)


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "LINEAR", "CANARY"])
def test_percentages_and_circuit_breaker_are_for_rolling_deployments_only(strategy: str) -> None:
    both = (NEW, (Service, "deploymentConfiguration.maximumPercent", 100))
    slow = (Service, "healthCheckGracePeriodSeconds", 2000)
    for rule, *changes in (("X-04", *ONE_TASK), ("VAL-24", *both), ("X-10", slow)):
        assert Outcome.FAIL in _outcomes(rule, *changes)
        assert Outcome.FAIL not in _outcomes(rule, *changes, _strategy(strategy))


def test_what_exited_long_before_takes_no_time_to_stop() -> None:
    waits = (TaskDefinition, f"{APP}.dependsOn[0].condition", "SUCCESS")
    long = (
        (TaskDefinition, f"{APP}.stopTimeout", 100),
        (TaskDefinition, f"{AGENT}.stopTimeout", 30),
    )
    assert Outcome.FAIL in _outcomes("X-02", *long)
    assert _outcomes("X-02", waits, *long) == {Outcome.PASS}
    (task,) = graph_of(changed(world(), (waits, *long))).all(TaskDefinition)
    assert [slot.container for slot in stop_schedule(task)] == ["app"]


def test_only_what_the_target_waits_for_belongs_to_its_start() -> None:
    beside = (
        (TaskDefinition, "containerDefinitions[2]", _OTHER | {"healthCheck": _CHECK}),
        (
            TaskDefinition,
            "containerDefinitions[3]",
            {"name": "last", "dependsOn": [{"containerName": "slow", "condition": "HEALTHY"}]},
        ),
    )
    waits = (
        TaskDefinition,
        f"{APP}.dependsOn[1]",
        {"containerName": "slow", "condition": "HEALTHY"},
    )
    assert _outcomes("X-03", *beside) == {Outcome.PASS}
    assert _outcomes("X-03", *beside, waits) == {Outcome.FAIL}


def test_both_groups_of_a_blue_green_service_are_its_own() -> None:
    alternate = (
        Service,
        "loadBalancers[0].advancedConfiguration",
        {"alternateTargetGroupArn": ALTERNATE},
    )
    group = world()[TargetGroup][0] | {"TargetGroupArn": ALTERNATE, "TargetGroupName": "web-green"}
    label = (
        ScalingPolicy,
        "#1.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.ResourceLabel",
        "app/web/fedcba9876543210/targetgroup/web-green/aaaabbbbccccdddd",
    )
    both = ((TargetGroup, "#1", group), alternate)
    assert Outcome.FAIL in _outcomes("X-06", label)
    assert Outcome.FAIL not in _outcomes("X-06", label, *both)
    slow = (TargetGroup, "#1.Attributes", [])
    assert Outcome.FAIL in _outcomes("X-01", *both, slow)


@pytest.mark.parametrize("name", ["non-prod", "pre-prod", "no_prod", "live-reload", "shop"])
def test_what_is_called_no_production_is_none(name: str) -> None:
    assert not _production(name)


@pytest.mark.parametrize("name", ["prod", "prod-eu", "shop-prod", "casino-prod", "live"])
def test_what_is_called_production_is_production(name: str) -> None:
    assert _production(name)


def _production(name: str) -> bool:
    service = {"serviceName": "web", "cluster": name}
    return Graph([Item(Service, service)]).all(Service)[0].production


@pytest.mark.parametrize("name", ["TCP_KEEPALIVE_COUNT", "DB_KEEPALIVE_ENABLED", "DB_KEEPALIVE"])
def test_other_keep_alives_are_no_seconds_of_http(name: str) -> None:
    assert Outcome.FAIL not in _outcomes("X-07", *_keep_alive(APP, name))


@pytest.mark.parametrize("name", ["KEEP_ALIVE", "HTTP_KEEPALIVE_TIMEOUT", "GUNICORN_KEEPALIVE"])
def test_a_keep_alive_below_the_idle_timeout_is_found(name: str) -> None:
    assert Outcome.FAIL in _outcomes("X-07", *_keep_alive(APP, name))


def test_the_keep_alive_of_a_container_that_no_load_balancer_calls_does_not_matter() -> None:
    assert Outcome.FAIL not in _outcomes("X-07", *_keep_alive(AGENT, "KEEP_ALIVE"))


def _keep_alive(container: str, name: str) -> tuple[Change, ...]:
    return ((TaskDefinition, f"{container}.environment", [{"name": name, "value": "5"}]),)


def test_needs_are_held_against_all_the_addresses_that_they_may_take() -> None:
    other = world()[Service][0] | {
        "serviceName": "api",
        "serviceArn": f"{ECS}:service/prod/api",
        "desiredCount": 60,
        "runningCount": 0,
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-wide"]},
        },
    }
    scarce = tuple((Subnet, f"#{index}.AvailableIpAddressCount", 30) for index in range(3))
    wide = {"SubnetId": "subnet-wide", "AvailableIpAddressCount": 4000}
    found = _found("X-14", (Service, "#1", other), *scarce, (Subnet, "#3", wide))
    assert {each.outcome for each in found} == {Outcome.PASS}


def test_a_policy_that_nobody_read_may_allow_everything() -> None:
    attached = (Role, "AttachedPolicies", [{"PolicyName": "everything"}])
    assert Outcome.UNKNOWN in _outcomes("SEC-07", attached)
    known = (Role, "AttachedPolicies", [{"PolicyName": "AmazonECSTaskExecutionRolePolicy"}])
    assert Outcome.UNKNOWN not in _outcomes("SEC-07", known)


@pytest.mark.parametrize(
    ("rule", "kind", "path"),
    [
        ("LOG-01", TaskDefinition, f"{APP}.logConfiguration"),
        ("LOG-02", TaskDefinition, f"{AGENT}.logConfiguration"),
        ("HLT-01", TaskDefinition, f"{APP}.healthCheck"),
        ("HLT-02", TaskDefinition, f"{APP}.healthCheck.startPeriod"),
        ("VAL-22", Service, "networkConfiguration"),
    ],
)
def test_what_may_not_be_there_at_all_is_no_pass(
    rule: str, kind: type[Resource], path: str
) -> None:
    assert Outcome.UNKNOWN in _outcomes(rule, NEW, (kind, path, MAYBE))


def test_a_task_that_must_run_on_fargate_is_judged_as_awsvpc_by_all() -> None:
    forgotten = (NEW, (TaskDefinition, "networkMode", REMOVED))
    assert _outcomes("VAL-01", *forgotten) == {Outcome.FAIL}
    assert _outcomes("VAL-22", *forgotten) == {Outcome.PASS}


MISTAKES: list[tuple[Change, ...]] = [
    ((TaskDefinition, "networkMode", REMOVED),),
    ((TaskDefinition, "networkMode", "bridge"), (Service, "launchType", "FARGATE")),
    ((TaskDefinition, "cpu", "300"), (TaskDefinition, f"{APP}.stopTimeout", 500)),
    ((Service, "deploymentConfiguration.maximumPercent", 90), (Service, "desiredCount", 1)),
    ((Service, "schedulingStrategy", "DAEMON"), (Service, "launchType", "EC2")),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_all_remedies_together_bring_no_new_error(mistake: tuple[Change, ...]) -> None:
    documents = changed(world(), (NEW, *mistake))
    before = _errors(documents)
    findings = evaluate(graph_of(documents), all_rules())
    fixes: dict[Any, Any] = {}
    for each in findings:
        for fix in each.fixes if each.outcome is Outcome.FAIL else ():
            fixes.setdefault((id(each.place.value), fix.path), (type(each.place), each.place, fix))
    for kind, place, fix in sorted(fixes.values(), key=lambda each: each[2].value is None):
        index = next(i for i, one in enumerate(documents[kind]) if one is place.value)
        place.value = documents[kind][index] = patched(documents[kind][index], fix)
    assert _errors(documents) <= before


def _errors(documents: Any) -> set[str]:
    return {
        each.rule.id
        for each in evaluate(graph_of(documents), all_rules())
        if each.outcome is Outcome.FAIL and each.severity is Severity.ERROR
    }


def test_names_of_clusters_decide_only_where_tags_do_not() -> None:
    shop = (Service, "desiredCount", 1)
    (in_production,) = _found("AVL-01", shop)
    assert in_production.severity is Severity.HIGH
    untagged = ((Service, "tags", []), (Service, "clusterArn", f"{ECS}:cluster/non-prod"))
    (elsewhere,) = _found(
        "AVL-01", shop, *untagged, (Cluster, "clusterArn", f"{ECS}:cluster/non-prod")
    )
    assert elsewhere.severity is Severity.MEDIUM
