"""An account with the shipped stack and a service to interrupt, ready in a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.account import Account
from sandbox.ecs import EcsSettings
from sandbox.world import check_world

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
WARM_UP_S = 180


class Operations:
    """The account as a test talks about it."""

    def __init__(self, account: Account, stack: Any) -> None:
        self.account = account
        self.stack = stack
        self.trace = account.trace

    @property
    def now(self) -> float:
        return self.account.clock.now()

    def tasks(self, service: str, cluster: str = "prod") -> list[str]:
        arns = self.account.client("ecs").list_tasks(cluster=cluster, serviceName=service)
        return sorted(arns["taskArns"])

    def group(self, name: str) -> str:
        groups = self.account.client("elbv2").describe_target_groups(Names=[name])
        return groups["TargetGroups"][0]["TargetGroupArn"]

    def health(self, name: str) -> dict[tuple[str, int], str]:
        answer = self.account.client("elbv2").describe_target_health(
            TargetGroupArn=self.group(name)
        )
        return {
            (item["Target"]["Id"], item["Target"]["Port"]): item["TargetHealth"]["State"]
            for item in answer["TargetHealthDescriptions"]
        }

    def address(self, task_arn: str, cluster: str = "prod") -> str:
        answer = self.account.client("ecs").describe_tasks(cluster=cluster, tasks=[task_arn])
        for attachment in answer["tasks"][0]["attachments"]:
            if attachment["type"] == "ElasticNetworkInterface":
                details = {item["name"]: item["value"] for item in attachment["details"]}
                return details["privateIPv4Address"]
        raise AssertionError(f"{task_arn} has no network interface")

    def calls(self, operation: str | None = None, **fields: Any) -> list[Any]:
        """The functions' own AWS calls."""
        return [
            entry
            for entry in self.trace.select("call", **fields)
            if entry.get("function") and operation in (None, entry["operation"])
        ]

    def deregistered(self) -> set[tuple[str, int]]:
        return {
            (target["Id"], target["Port"])
            for call in self.calls("DeregisterTargets", outcome="ok")
            for target in call["parameters"]["Targets"]
        }

    def metric(self, name: str) -> float:
        return sum(entry["value"] for entry in self.trace.select("metric", name=name))

    def mails(self) -> list[dict[str, Any]]:
        return [call["parameters"] for call in self.calls("Publish", outcome="ok")]

    def dead_letters(self, queue: str) -> list[Any]:
        answer = self.account.client("sqs").receive_message(
            QueueUrl=self.stack.queue_url(queue), MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return answer.get("Messages", [])

    def interruption_of(self, task_arn: str) -> dict[str, Any]:
        """Interrupt a task and return the very event that ECS emitted, kept from the stack's rule."""
        rule = self.stack.ref("SpotInterruptionRule")
        self.account.client("events").disable_rule(Name=rule)
        self.account.ecs.interrupt([task_arn])
        self.account.run_for(0)
        self.account.client("events").enable_rule(Name=rule)
        events = [
            entry["event"]
            for entry in self.trace.select("event")
            if entry["event"]["detail"].get("taskArn") == task_arn
            and entry["event"]["detail"].get("stopCode") == "SpotInterruption"
        ]
        return events[0]


Build = Callable[..., Operations]


# Their ticks, minute after minute, would only take the time of tests that are not about them.
SCHEDULES = ("SpotDrainTickRule", "DeployGuardSweepRule", "BatchTickRule", "SelfTestRule")


@pytest.fixture
def ticking() -> frozenset[str]:
    """The schedules that a room's tests are about; the others rest."""
    return frozenset()


def rest_schedules(account: Account, stack: Any, ticking: frozenset[str]) -> None:
    """Switch the schedules off that nobody asked for."""
    events = account.client("events")
    for logical_id in SCHEDULES:
        if logical_id not in ticking:
            events.disable_rule(Name=stack.ref(logical_id))


@pytest.fixture
def operate(ticking: frozenset[str]) -> Iterator[Build]:
    """Build an account: ``operate(services=[...], mode="on", faults=[...], native="works")``."""
    with operations(ticking) as build:
        yield build


@contextmanager
def operations(ticking: frozenset[str]) -> Iterator[Build]:
    """The same for a test that builds one account after another."""
    with ExitStack() as open_accounts:

        def build(
            services: list[dict[str, Any]] | None = None,
            *,
            tasks: list[dict[str, Any]] | None = None,
            parameters: dict[str, str] | None = None,
            native: str = "works",
            seed: int = 1,
            world: bool = True,
            ecs: EcsSettings | None = None,
            **account_options: Any,
        ) -> Operations:
            account = open_accounts.enter_context(
                Account(
                    seed=seed,
                    ecs=ecs or EcsSettings(native_spot_deregistration=native),
                    **account_options,
                )
            )
            # The tick of each minute would be in the way of everybody who counts calls.
            stack = account.deploy(
                TEMPLATE,
                parameters={
                    "QueueScalingMode": "off",
                    "SpotFallbackMode": "off",
                    "AuditMode": "off",
                }
                | (parameters or {}),
            )
            rest_schedules(account, stack, ticking)
            if world:
                document = {
                    "clusters": [
                        {"name": "prod", "services": services or [web()], "tasks": tasks or []}
                    ]
                }
                check_world(document, "test").build(account)
                account.run_for(WARM_UP_S)
            account.trace.clear()
            return Operations(account, stack)

        yield build


def web(name: str = "web", count: int = 2, **fields: Any) -> dict[str, Any]:
    """A service behind a target group of its own name."""
    return {
        "name": name,
        "count": count,
        "containers": [{"name": "app", "port": 8080}],
        "target_groups": [{"name": name, "deregistration_delay": "30s"}],
    } | fields
