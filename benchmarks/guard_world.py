"""Services that the deployment guard watches, and versions of them that fail in known ways."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.account import Account
from sandbox.ecs import App
from sandbox.trace import Entry
from sandbox.world import check_world

OBSERVER, EXECUTOR = "DeployGuardFunction", "DeployGuardExecutorFunction"
QUIET = {
    "QueueScalingMode": "off",
    "SpotFallbackMode": "off",
    "SpotDrainMode": "off",
    "AuditMode": "off",
}
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"
_SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
_BAD_NEWS = ("failed", "stalled", "rolling-back")
_COPIED = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
_LOGGING = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/ecs/app",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "app",
        "awslogs-create-group": "true",
    },
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A way to fail: how the tasks behave, and what the new container definition says."""

    name: str
    app: App = field(default_factory=App)
    container: dict[str, Any] = field(default_factory=dict)


MISSING_IMAGE = Failure("missing image", container={"image": f"{REPOSITORY}:v9"})
# Neither logs a line, so that its log is asked for in vain.
OUT_OF_MEMORY = Failure("out of memory, exit code 1", App.out_of_memory())
UNHEALTHY = Failure("ELB health failure, exit code 143", App.unhealthy(404))
MISSING_SECRET = Failure("missing secret", App.without_secret(_SECRET))
CRASH = Failure("crash, told by its log", App.crash("Traceback", "KeyError: 'DATABASE_URL'"))


class Services:
    """Services of one account, all alike but for their names."""

    def __init__(self, account: Account, names: Iterable[str], **fields: Any) -> None:
        """Create them in the cluster ``prod``; each runs a version that works."""
        self.account = account
        account.images.push(f"{REPOSITORY}:v1")
        services = [_service(name) | fields for name in names]
        check_world({"clusters": [{"name": "prod", "services": services}]}, "guard").build(account)

    def fail(self, name: str, how: Failure) -> None:
        """Deploy a version that fails."""
        ecs = self.account.client("ecs")
        before = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        given = {key: before[key] for key in _COPIED if key in before}
        changed = {"logConfiguration": _LOGGING} | how.container
        given["containerDefinitions"] = [before["containerDefinitions"][0] | changed]
        new = ecs.register_task_definition(**given)["taskDefinition"]
        self.account.ecs.behave(f"{name}:{new['revision']}", how.app)
        ecs.update_service(cluster="prod", service=name, taskDefinition=new["taskDefinitionArn"])

    def failed_at(self, name: str, since: float = 0.0) -> list[float]:
        """When ECS first said of each task of a service that it failed."""
        first: dict[str, float] = {}
        for entry in self.account.trace.select("event"):
            arn = failed_task(entry, name)
            if arn is not None and entry.at >= since:
                first.setdefault(arn, entry.at)
        return sorted(first.values())

    def told(self, name: str) -> Entry | None:
        """The call that published the bad news of a service."""
        every = self.account.trace.select("call", operation="PutEvents")
        return next((call for call in every if tells(call, name)), None)


def failed_task(entry: Entry, name: str) -> str | None:
    """The task of which an event says that it failed; None if it says anything else."""
    if entry.kind != "event" or entry["event"]["detail-type"] != "ECS Task State Change":
        return None
    detail = entry["event"]["detail"]
    scaled = detail.get("stoppedReason", "").startswith("Scaling activity")
    mine = detail.get("group") == f"service:{name}" and detail.get("desiredStatus") == "STOPPED"
    return str(detail["taskArn"]) if mine and not scaled else None


def tells(entry: Entry, name: str, stages: tuple[str, ...] = _BAD_NEWS) -> bool:
    """Whether a call published the bad news of a service."""
    if entry.kind != "call" or entry["operation"] != "PutEvents" or entry["outcome"] != "ok":
        return False
    said = (json.loads(one["Detail"]) for one in entry["parameters"]["Entries"])
    return any(one.get("service") == name and one.get("stage") in stages for one in said)


def calls(account: Account, function: str) -> list[Entry]:
    """A function's own AWS calls."""
    name = next(stack.function(function).name for stack in account.stacks.values())
    return account.trace.select("call", function=name)


def runs(account: Account, function: str) -> list[list[Entry]]:
    """A function's calls by run, in order; of a run that makes none nothing."""
    name = next(stack.function(function).name for stack in account.stacks.values())
    found: list[list[Entry]] = [[]]
    for entry in account.trace:
        if entry.get("function") != name:
            continue
        if entry.kind == "call":
            found[-1].append(entry)
        elif entry.kind == "invocation":
            found.append([])
    return [run for run in found if run]


def _service(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "count": 3,
        "containers": [{"name": "app", "port": 8080}],
        "target_groups": [{"name": name}],
        "tags": {"ecs-ops:rollback": "auto"},
    }
