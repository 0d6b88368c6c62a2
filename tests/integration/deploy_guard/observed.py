"""A service that the guard watches, and versions of it to release."""

from __future__ import annotations

import json
from typing import Any

from deploy_guard import order
from deploy_guard.audit import Audit, AuditRow
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Ledger
from deploy_guard.order import Order
from sandbox.ecs import App
from tests.integration.conftest import Operations, web
from tests.integration.deploy_guard.halves import EXECUTOR, OBSERVER, rest

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
LOGGING = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/ecs/web",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "app",
        "awslogs-create-group": "true",
    },
}
_COPIED = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")


class Observed:
    """Releases versions of the service ``web`` and reads what the guard says and does about them."""

    def __init__(self, world: Operations) -> None:
        self.world = world
        self.account = world.account
        self.ecs = world.account.client("ecs")

    @property
    def service(self) -> str:
        (found,) = self.ecs.describe_services(cluster="prod", services=["web"])["services"]
        return str(found["serviceArn"])

    def push(self, *tags: str) -> None:
        """Images that exist."""
        for tag in tags:
            self.account.images.push(f"{REPOSITORY}:{tag}")
            self.account.run_for(1)

    def register(self, *, app: App | None = None, **container: Any) -> str:
        """A new revision of the task definition, like the last one but for what is given."""
        before = self.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
        given = {name: before[name] for name in _COPIED if name in before}
        given |= {name: container.pop(name) for name in ("cpu", "memory") if name in container}
        changed = {"logConfiguration": LOGGING} | container
        given["containerDefinitions"] = [before["containerDefinitions"][0] | changed]
        new = self.ecs.register_task_definition(**given)["taskDefinition"]
        self.account.ecs.behave(f"web:{new['revision']}", app or App())
        return str(new["taskDefinitionArn"])

    def release(self, *, seconds: float = 400, app: App | None = None, **container: Any) -> str:
        """Deploy a new version, and let time pass; the ARN of its task definition."""
        arn = self.register(app=app, **container)
        self.ecs.update_service(cluster="prod", service="web", taskDefinition=arn)
        self.account.run_for(seconds)
        return arn

    def tag(self, **tags: str) -> None:
        """Tags of the toolkit on the service: ``rollback="auto"``."""
        named = [
            {"key": f"ecs-ops:{name.replace('_', '-')}", "value": value}
            for name, value in tags.items()
        ]
        self.ecs.tag_resource(resourceArn=self.service, tags=named)

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that the guard published, in the order in which it did."""
        return [
            json.loads(entry["Detail"])
            for call in self.world.calls("PutEvents", outcome="ok")
            for entry in call["parameters"]["Entries"]
            if json.loads(entry["Detail"])["capability"] == "deploy_guard"
        ]

    def stages(self) -> list[str]:
        return [alert["stage"] for alert in self.alerts()]

    def mails(self) -> list[dict[str, Any]]:
        """What arrived at the sink."""
        return [mail for mail in self.world.mails() if "prod/web" in mail["Subject"]]

    def orders(self) -> list[Order]:
        """What the observer asked of the executor."""
        url = self.world.stack.queue_url("DeployGuardOrdersQueue")
        return [
            order.read(entry["MessageBody"])
            for call in self.world.calls("SendMessageBatch", outcome="ok")
            if call["parameters"]["QueueUrl"] == url
            for entry in call["parameters"]["Entries"]
        ]

    def took_s(self) -> float:
        """From the beginning of the run that told people first to their alert, in virtual time."""
        name = self.world.stack.function(OBSERVER).name
        told = self.world.calls("PutEvents", function=name, outcome="ok")[0]
        # In virtual time another run may begin before this one is over: then from the earlier one.
        began = min(
            run["started"]
            for run in self.world.trace.select("invocation", function=name)
            if run["started"] <= told["started"] <= run["started"] + run["duration_ms"] / 1000
        )
        return float(told["ended"] - began)

    def ledger(self) -> Ledger:
        table = self.world.stack.ref("DeployGuardTable")
        store = LedgerStore(self.account.client("dynamodb"), table)
        return store.read([self.service])[self.service].ledger

    def audit(self) -> list[AuditRow]:
        """The rows of the audit."""
        table = self.world.stack.ref("DeployGuardTable")
        return Audit(self.account.client("dynamodb"), table).rows(self.service)

    def writes(self) -> list[str]:
        """Calls that change the service, whoever of the toolkit made them."""
        changing = {
            *("StopServiceDeployment", "ContinueServiceDeployment", "UpdateService"),
            *("RegisterTaskDefinition", "StopDeployment", "CreateDeployment"),
        }
        return [call["operation"] for call in self.world.calls() if call["operation"] in changing]


def observed(operate: Any, *, service: dict[str, Any] | None = None, **options: Any) -> Observed:
    """An account with the stack and the service ``web``; its first version has been watched."""
    world = operate([service or web()], **options)
    rest(world, EXECUTOR)
    return Observed(world)
