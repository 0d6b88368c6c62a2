"""An account for the batch benchmarks, and what an observer sees of its tasks, whatever we say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.results import ROOT
from sandbox.account import Account, Stack
from sandbox.ecs import App, EcsSettings
from sandbox.ecs.launch_failures import LaunchFailure
from sandbox.ecs.launcher import CAPACITY_UNAVAILABLE

CLUSTER, FAMILY, SUBNET = "prod", "report", "subnet-0a0a0a0a0a0a0a0a0"
RUNS_FOR_S, LATENCY_S = 60.0, 0.05
INTERRUPTED, REFUSED = 0.05, 0.01
# A batch program seldom handles SIGTERM: an interrupted one ends with 143, which everybody can see.
_APP = App(runs_for_s=RUNS_FOR_S, sigterm_exit_code=143)


@dataclass(slots=True)
class Watch:
    """Tasks by the work they were started for: the value of an environment variable."""

    account: Account
    variable: str
    rng: random.Random
    alive: dict[str, set[str]] = field(default_factory=dict)
    launched: list[tuple[float, int]] = field(default_factory=list)
    running: dict[str, float] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    duplicates: int = 0
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    written: int = 0
    read: int = 0
    runs: set[str] = field(default_factory=set)

    def see(self, entry: Any) -> None:
        """One entry of the account's trace."""
        if entry.kind == "call" and entry.get("function"):
            self._call(entry)
        elif entry.kind in ("event", "published"):
            event = entry["event"]
            if event["detail-type"] == "ECS Task State Change":
                self._task(event["detail"], entry.at)
            elif event["detail-type"] == "ECS Ops Job":
                self.runs.add(event["detail"]["state"].lower())

    def _call(self, entry: Any) -> None:
        operation, given = entry["operation"], entry["parameters"]
        self.calls[entry["service"], operation] += 1
        if operation == "BatchWriteItem":
            self.written += sum(len(items) for items in given["RequestItems"].values())
        elif operation == "PutItem":
            self.written += 1
        elif operation == "BatchGetItem":
            self.read += sum(len(each["Keys"]) for each in given["RequestItems"].values())
        elif operation == "Query":
            self.read += 1

    def _task(self, task: dict[str, Any], at: float) -> None:
        work, arn = _variable(task, self.variable), task["taskArn"]
        if work is None:
            return
        alive = self.alive.setdefault(work, set())
        if task["lastStatus"] == "PROVISIONING" and arn not in alive:
            # Started beside another one of the same work, or after it was done.
            self.duplicates += bool(alive) or work in self.done
            alive.add(arn)
            self.launched.append((at, int(_variable(task, "JOB_ATTEMPT") or 1)))
        elif task["lastStatus"] == "STOPPED":
            alive.discard(arn)
            if task["stopCode"] == "EssentialContainerExited" and _exit(task) == 0:
                self.done.add(work)
        elif task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING":
            self.running.setdefault(work, at)
            if self.rng.random() < INTERRUPTED:
                wait = self.rng.uniform(1, RUNS_FOR_S)
                self.account.clock.call_later(wait, lambda: self._interrupt(arn))

    def _interrupt(self, arn: str) -> None:
        self.account.ecs.interrupt([arn])


@contextmanager
def world(variable: str) -> Iterator[tuple[Account, Stack, Watch]]:
    """An account with the shipped stack, throttled as published, that interrupts and refuses tasks."""
    settings = EcsSettings(native_spot_deregistration="broken")
    with Account(seed=5, throttling=True, latency_s=LATENCY_S, ecs=settings) as account:
        off = {"QueueScalingMode": "off", "SpotFallbackMode": "off", "SpotDrainMode": "off"}
        stack = account.deploy(ROOT / "template.yaml", parameters=off)
        ecs = account.client("ecs")
        ecs.create_cluster(clusterName=CLUSTER, capacityProviders=["FARGATE", "FARGATE_SPOT"])
        ecs.register_task_definition(
            family=FAMILY,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "app", "image": "report:1", "essential": True}],
            tags=[{"key": "ecs-ops:jobs", "value": "on"}],
        )
        account.ecs.behave(FAMILY, _APP)
        account.ecs.fail_launches(LaunchFailure(CAPACITY_UNAVAILABLE, probability=REFUSED))
        watch = Watch(account, variable, random.Random(3))
        account.trace.listen(watch.see)
        yield account, stack, watch


def spec(job: str, **more: Any) -> dict[str, Any]:
    """A job on Spot."""
    return {
        "job": job,
        "cluster": CLUSTER,
        "taskDefinition": FAMILY,
        "network": {"subnets": [SUBNET]},
        "capacity": [{"provider": "FARGATE_SPOT"}],
        "retries": {"interruption": 20, "launch": 20},
    } | more


def _variable(task: dict[str, Any], name: str) -> str | None:
    for container in task["overrides"].get("containerOverrides", ()):
        for each in container.get("environment", ()):
            if each["name"] == name:
                return str(each["value"])
    return None


def _exit(task: dict[str, Any]) -> int | None:
    return next((each.get("exitCode") for each in task["containers"]), None)
