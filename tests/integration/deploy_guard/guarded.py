"""A service under the guard, and the observer's part: what it would have remembered and ordered.

The orders go straight into the executor's queue, so that these tests are about the executor alone.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from deploy_guard import order as orders
from deploy_guard import signals
from deploy_guard.actions import Action, StopDeployment
from deploy_guard.audit import Audit, AuditRow
from deploy_guard.causes import Diagnosis
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.ledger import absorb, with_row, with_rows
from deploy_guard.ledger_store import Known, LedgerStore
from deploy_guard.model import Act, Deployment, Ledger
from deploy_guard.observation import observe, symptoms_of
from deploy_guard.order import Order
from deploy_guard.signals import DeploymentChanged, Noticed, TaskFailed
from sandbox.ecs import App
from tests.integration.conftest import Operations
from tests.integration.deploy_guard.halves import OBSERVER, rest

ARN = "arn:aws:ecs:eu-west-1:123456789012"
AUTO = {"ecs-ops:rollback": "auto"}
NO_IMAGE = App(
    start_failure=(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve "
        "ref docker.io/library/web:v9: docker.io/library/web:v9: not found"
    )
)
MUTATIONS = (
    *("StopServiceDeployment", "ContinueServiceDeployment", "UpdateService"),
    *("StopDeployment", "CreateDeployment"),
)
EXECUTOR = "DeployGuardExecutorFunction"


def guarded(name: str = "web", **fields: Any) -> dict[str, Any]:
    """A service whose owner has opted in."""
    given = {"name": name, "count": 2, "capacity": "FARGATE", "tags": AUTO}
    return given | {"containers": [{"name": "app"}]} | fields


class Guard:
    """A service, its deployments, and what the executor makes of orders about them."""

    def __init__(self, world: Operations, service: str = "web", cluster: str = "prod") -> None:
        self.world = world
        rest(world, OBSERVER)
        self.account = world.account
        self.name, self.cluster = service, cluster
        self.arn = f"{ARN}:service/{cluster}/{service}"
        self.table = world.stack.ref("DeployGuardTable")
        self.store = LedgerStore(self.client("dynamodb"), self.table)
        self._heard = 0
        self.ledger = self.remember()

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def release(self, app: App | None = None, *, seconds: float = 0, **container: Any) -> str:
        """Deploy the next revision; its ARN."""
        ecs = self.client("ecs")
        before = ecs.describe_task_definition(taskDefinition=self.name)["taskDefinition"]
        fields = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
        given = {field: before[field] for field in fields if field in before}
        given["containerDefinitions"] = [before["containerDefinitions"][0] | container]
        new = ecs.register_task_definition(**given)["taskDefinition"]
        if app is not None:
            self.account.ecs.behave(f"{self.name}:{new['revision']}", app)
        ecs.update_service(
            cluster=self.cluster, service=self.name, taskDefinition=new["taskDefinitionArn"]
        )
        self.account.run_for(seconds)
        return str(new["taskDefinitionArn"])

    def remember(self, **changes: Any) -> Ledger:
        """What the observer makes of all events so far, saved; ``changes`` are made to the newest row."""
        known = self.known
        now = self.account.clock.now()
        ledger = absorb(known.ledger, self._signals())
        reality = EcsReader(self.client("ecs")).read([ledger], now)[self.arn]
        ledger, _ = observe(with_rows(ledger, reality), reality, known.acts, now)
        row = ledger.deployments[0]
        diagnosis, _ = symptoms_of(row, ledger, reality)
        diagnosed = row.diagnosis or (diagnosis if diagnosis.total else None)
        row = msgspec.structs.replace(row, **({"diagnosis": diagnosed} | changes))
        ledger = with_row(ledger, row)
        assert self.store.save(known, ledger, None, now)
        self.ledger = ledger
        return ledger

    def _signals(self) -> list[Any]:
        events = self.world.trace.select("event")[self._heard :]
        self._heard += len(events)
        read = [signals.read(json.dumps(entry["event"])) for entry in events]
        kinds = (DeploymentChanged, TaskFailed, Noticed)
        return [one for one in read if isinstance(one, kinds) and one.service == self.arn]

    def fail(self, app: App = NO_IMAGE, *, seconds: float = 60, **container: Any) -> Deployment:
        """Release a version that fails, and remember it."""
        self.release(app, seconds=seconds, **({"image": "web:v9"} | container))
        return self.remember().deployments[0]

    @property
    def known(self) -> Known:
        return self.store.read([self.arn])[self.arn]

    @property
    def row(self) -> Deployment:
        return self.ledger.deployments[0]

    def order(self, action: Action | None = None, **fields: Any) -> Order:
        given: dict[str, Any] = {
            "service": self.arn,
            "deployment": self.row.id,
            "kind": "act",
            "action": action or StopDeployment(self.row.id),
            "mode": "auto",
            "reason": "the tag ecs-ops:rollback says auto",
            "cause": (self.row.diagnosis or Diagnosis("UNKNOWN")).cause_id,
            "incident": f"deploy_guard:{self.arn}:{self.row.id.rpartition('/')[2]}",
            "decided_at": self.account.clock.now(),
        }
        return Order(**(given | fields))

    def send(self, *given: Order) -> None:
        url = self.world.stack.queue_url("DeployGuardOrdersQueue")
        for one in given or (self.order(),):
            self.client("sqs").send_message(QueueUrl=url, MessageBody=orders.encode(one))

    def carry_out(self, *given: Order, seconds: float = 5) -> None:
        """Send orders and let them be worked on."""
        self.send(*given)
        self.account.run_for(seconds)

    @property
    def rollbacks(self) -> list[tuple[str, dict[str, Any]]]:
        """The executor's own calls that changed something: operation and parameters."""
        return [
            (call["operation"], call["parameters"])
            for call in self.world.calls()
            if call["operation"] in MUTATIONS and took_effect(call)
        ]

    @property
    def tried(self) -> list[tuple[str, str]]:
        """Every mutation that was tried, and its outcome."""
        calls = [call for call in self.world.calls() if call["operation"] in MUTATIONS]
        return [(call["operation"], call["outcome"]) for call in calls]

    @property
    def brought(self) -> set[str]:
        """What a rollback can have brought: the deployment that goes back, or a new one that is PRIMARY."""
        (service,) = self.client("ecs").describe_services(
            cluster=self.cluster, services=[self.name]
        )["services"]
        return {self.row.id, *(one["id"] for one in service["deployments"])}

    @property
    def acts(self) -> tuple[Act, ...]:
        return self.known.acts

    @property
    def audit(self) -> list[AuditRow]:
        """Oldest first."""
        return list(reversed(Audit(self.client("dynamodb"), self.table).rows(self.arn)))

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.audit]

    @property
    def status(self) -> str:
        return self.status_of(self.row.id)

    def status_of(self, deployment: str) -> str:
        answer = self.client("ecs").describe_service_deployments(serviceDeploymentArns=[deployment])
        return str(answer["serviceDeployments"][0]["status"])

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What was published about the service, each incident and stage once."""
        told: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in self.world.trace.select("event"):
            event = entry["event"]
            if event["source"] == "ecs-ops" and event["detail"].get("service") == self.name:
                detail = event["detail"]
                told.setdefault((detail["incident"], detail["stage"]), detail)
        return list(told.values())

    @property
    def stages(self) -> list[str]:
        return [alert["stage"] for alert in self.alerts]

    def tag(self, **tags: str) -> None:
        """Tags of the service: ``rollback="auto"`` is ``ecs-ops:rollback``."""
        pairs = [
            {"key": f"ecs-ops:{key.replace('_', '-')}", "value": value}
            for key, value in tags.items()
        ]
        self.client("ecs").tag_resource(resourceArn=self.arn, tags=pairs)


def took_effect(call: Any) -> bool:
    """Whether AWS did it, whether or not the caller saw the answer."""
    lost = call["outcome"] == "timeout" and call["error"] == "ReadTimeoutError"
    return call["outcome"] == "ok" or lost
