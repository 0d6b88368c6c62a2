"""What the guard makes of deployments that fail in the simulated account: causes and evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy_guard.causes import Diagnosis, Signals, diagnose, trips
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.gathering import Ask, Clients, gather
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import Registry
from deploy_guard.evidence.target_health import TargetHealth
from deploy_guard.failures import counts, essentials, from_event
from deploy_guard.revision_diff import Side, diff
from ecsops.events.envelope import parse_event, read_detail
from ecsops.events.task_state import TaskStateChange
from sandbox.account import Account
from sandbox.ecs import App
from sandbox.world import check_world
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import LOGGING, REPOSITORY, SECRET, Observed

WORLD = {
    "clusters": [
        {
            "name": "prod",
            "services": [
                {
                    "name": "web",
                    "count": 2,
                    "containers": [{"name": "app", "port": 8080}],
                    "target_groups": [{"name": "web", "deregistration_delay": "30s"}],
                }
            ],
        }
    ]
}


@dataclass
class Service:
    """A running service of which a version is released."""

    account: Account

    def release(self, *, app: App | None = None, seconds: float = 400, **container: Any) -> None:
        ecs = self.account.client("ecs")
        before = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
        fields = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
        given = {name: before[name] for name in fields if name in before}
        given |= {name: container.pop(name) for name in ("cpu", "memory") if name in container}
        given["containerDefinitions"] = [
            before["containerDefinitions"][0] | {"logConfiguration": LOGGING} | container
        ]
        new = ecs.register_task_definition(**given)["taskDefinition"]
        self.definitions = before, new
        self.account.ecs.behave(f"web:{new['revision']}", app or App())
        self.began = self.account.clock.now()
        ecs.update_service(cluster="prod", service="web", taskDefinition=new["taskDefinitionArn"])
        self.account.run_for(seconds)

    def failures(self) -> list[Any]:
        new = self.definitions[1]
        essential = essentials(new)
        tasks = [
            from_event(read_detail(parse_event(json.dumps(entry["event"])), TaskStateChange))
            for entry in self.account.trace.select("event")
            if entry["event"]["detail-type"] == "ECS Task State Change"
            and entry["event"]["detail"]["lastStatus"] == "STOPPED"
        ]
        return [
            task.with_essentials(essential)
            for task in tasks
            if counts(task) and task.task_definition == new["taskDefinitionArn"]
        ]

    def explain(self) -> tuple[Diagnosis, Evidence]:
        client = self.account.client
        tasks = self.failures()
        service = client("ecs").describe_services(cluster="prod", services=["web"])["services"][0]
        events = [(one["createdAt"].timestamp(), one["message"]) for one in service["events"]]
        first = diagnose(tasks)
        clients = Clients(
            lambda _: client("logs"), lambda _: client("ecr"), lambda: client("elbv2")
        )
        ask = Ask(first, tuple(tasks), self.definitions[1], "eu-west-1", self.began, events)
        evidence = gather(ask, clients)
        return diagnose(tasks, evidence.heard_with(Signals())), evidence


@pytest.fixture
def service() -> Iterator[Service]:
    with Account(seed=1) as account:
        check_world(WORLD, "test").build(account)
        account.run_for(180)
        account.trace.clear()
        yield Service(account)


def test_s02_a_missing_image(service):
    for tag in ("v6", "v7", "v8"):
        service.account.images.push(f"{REPOSITORY}:{tag}")
        service.account.run_for(60)
    service.release(image=f"{REPOSITORY}:v9")
    diagnosis, evidence = service.explain()
    assert diagnosis.cause_id == "IMAGE_NOT_FOUND"
    assert (diagnosis.subject, diagnosis.confirmed) == (f"{REPOSITORY}:v9", True)
    assert diagnosis.count == diagnosis.total >= 2
    assert trips(diagnosis)
    assert isinstance(evidence.registry, Registry)
    assert [tag for tag, _ in evidence.registry.newest] == ["v8", "v7", "v6"]
    assert evidence.missing == ()


def test_a_missing_image_in_a_registry_that_nobody_can_ask_is_not_confirmed(service):
    service.account.images.push(f"{REPOSITORY}:v1")
    service.release(image=f"{REPOSITORY}:v9")
    image = service.failures()[0]
    assert diagnose([image]).confirmed is None
    assert not trips(diagnose([image]))


def test_s04_health_checks_that_fail(service):
    service.release(app=App.unhealthy(404), seconds=600)
    diagnosis, evidence = service.explain()
    assert diagnosis.cause_id == "ELB_HEALTH"
    assert diagnosis.exit_code == 143
    assert diagnosis.ran_for_s > 0
    assert isinstance(evidence.target_health, TargetHealth)
    assert evidence.target_health.short == "Target.ResponseCodeMismatch [404]"
    assert not trips(diagnosis)


def test_s05_out_of_memory_with_exit_code_1(service):
    service.release(app=App.out_of_memory(), memory="1024")
    diagnosis, _ = service.explain()
    assert (diagnosis.cause_id, diagnosis.exit_code) == ("OOM", 1)
    before, after = map(Side, service.definitions)
    sizes = [tuple(one) for one in map(_plain, diff(before, after))]
    assert ("task memory", service.definitions[0]["memory"], "1024") in sizes


def test_a_crash_is_told_with_its_last_words(service):
    words = ("Traceback (most recent call last):", "KeyError: 'DATABASE_URL'")
    service.release(app=App.crash(*words, after_s=3))
    diagnosis, evidence = service.explain()
    assert (diagnosis.cause_id, diagnosis.container) == ("APP_EXIT", "app")
    assert isinstance(evidence.logs, LogLines)
    assert evidence.logs.telling == "KeyError: 'DATABASE_URL'"


def test_an_image_for_another_processor_is_known_by_its_log(service):
    service.release(app=App.wrong_architecture())
    diagnosis, _ = service.explain()
    assert diagnosis.cause_id == "IMAGE_ARCH"
    assert trips(diagnosis)


def test_a_missing_secret_is_named(service):
    service.release(app=App.without_secret(SECRET))
    diagnosis, evidence = service.explain()
    assert (diagnosis.cause_id, diagnosis.subject) == ("SECRET_MISSING", SECRET)
    assert trips(diagnosis)
    assert evidence.logs is None


def test_a_process_that_ends_well_is_told_as_such(service):
    service.release(app=App.crash("done", exit_code=0, after_s=2))
    assert service.explain()[0].cause_id == "CLEAN_EXIT"


def test_s20_a_secret_in_the_log_is_not_shown(service):
    service.release(app=App.crash("connect failed: password=hunter2", after_s=1))
    _, evidence = service.explain()
    assert isinstance(evidence.logs, LogLines)
    assert "connect failed" in evidence.logs.lines[-1]
    assert "hunter2" not in "".join(evidence.logs.lines)


def test_s20_no_secret_of_a_stopped_reason_is_written(operate):
    seen = Observed(operate([web()]))
    secrets = ("hunter2", "AKIAIOSFODNN7EXAMPLE")
    reason = "CannotStartContainerError: failed to create task: password={} key {}: exec"
    seen.release(app=App(start_failure=reason.format(*secrets)), seconds=300)
    assert "CannotStartContainerError" in str(seen.ledger().failures)
    calls = [one for one in seen.world.calls() if one.fields.get("function")]
    assert {"UpdateItem", "PutItem", "PutEvents"} <= {one["operation"] for one in calls}
    for secret in secrets:
        assert secret not in str([one["parameters"] for one in calls])


def test_a_good_release_has_no_failures(service):
    service.release()
    assert service.failures() == []


def _plain(change: Any) -> tuple[str, str, str]:
    return change.field, change.before, change.after
