"""An account with the shipped stack, a cluster, and task definitions that jobs may run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from batch_jobs.rows import EndRow, JobRow, RunRow, decode
from sandbox.account import Account, Stack
from sandbox.ecs import App, EcsSettings
from tests.integration.conftest import TEMPLATE

SUBNETS = ["subnet-a", "subnet-b", "subnet-c"]


class Jobs:
    """The account as a test of jobs talks about it."""

    def __init__(self, account: Account, stack: Stack) -> None:
        self.account = account
        self.stack = stack

    def define(self, family: str = "report", app: App | None = None, **fields: Any) -> str:
        """Register a task definition that opts in."""
        answer = self.account.client("ecs").register_task_definition(
            **{
                "family": family,
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "cpu": "256",
                "memory": "512",
                "containerDefinitions": [{"name": "app", "image": "report", "essential": True}],
                "tags": [{"key": "ecs-ops:jobs", "value": "on"}],
            }
            | fields
        )
        self.account.ecs.behave(family, app or App(runs_for_s=20))
        return answer["taskDefinition"]["taskDefinitionArn"]

    def spec(self, **fields: Any) -> dict[str, Any]:
        return {
            "job": "nightly",
            "cluster": "prod",
            "taskDefinition": "report",
            "network": {"subnets": SUBNETS},
        } | fields

    def send(self, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        queue = self.stack.queue_url("BatchSubmitQueue")
        self.account.client("sqs").send_message(QueueUrl=queue, MessageBody=text)

    def submit(self, **fields: Any) -> None:
        self.send(self.spec(**fields))

    def command(self, command: str, **fields: Any) -> None:
        self.send({"command": command, **fields})

    def run_for(self, seconds: float) -> None:
        self.account.run_for(seconds)

    @property
    def now(self) -> float:
        return self.account.clock.now()

    def items(self) -> list[dict[str, Any]]:
        table = self.stack.ref("BatchJobsTable")
        pages = self.account.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def runs(self, job: str = "nightly") -> list[RunRow]:
        """A job's runs, oldest first."""
        rows = [
            decode(item["body"]["S"], RunRow)
            for item in self.items()
            if item["pk"]["S"] == f"job#{job}"
        ]
        return sorted(rows, key=lambda row: (row.at, row.run))

    def run(self, job: str = "nightly") -> RunRow:
        """A job's only run."""
        (row,) = self.runs(job)
        return row

    def job(self, job: str = "nightly") -> JobRow:
        (row,) = [
            decode(item["body"]["S"], JobRow)
            for item in self.items()
            if item["pk"]["S"] == "status" and item["sk"]["S"] == job
        ]
        return row

    def ends(self, job: str = "nightly") -> list[EndRow]:
        """The ends of all attempts of a job, in their order."""
        found = [
            (item["pk"]["S"], item["sk"]["S"], decode(item["body"]["S"], EndRow))
            for item in self.items()
            if item["pk"]["S"].startswith(f"run#{job}-") and item["sk"]["S"].endswith("#e")
        ]
        return [row for _, _, row in sorted(found, key=lambda each: each[:2])]

    def agenda(self) -> list[str]:
        return [item["sk"]["S"] for item in self.items() if item["pk"]["S"] == "agenda"]

    def tasks(self, *, running: bool | None = None) -> list[dict[str, Any]]:
        """Tasks of jobs, as ECS describes them."""
        ecs = self.account.client("ecs")
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for page in ecs.get_paginator("list_tasks").paginate(
                cluster="prod", desiredStatus=status
            )
            for arn in page["taskArns"]
        ]
        found = [
            task
            for start in range(0, len(arns), 100)
            for task in ecs.describe_tasks(
                cluster="prod", tasks=arns[start : start + 100], include=["TAGS"]
            )["tasks"]
        ]
        if running is not None:
            found = [task for task in found if (task["lastStatus"] != "STOPPED") is running]
        return sorted(found, key=lambda task: (task["createdAt"], task["taskArn"]))

    @property
    def root(self) -> Path:
        return TEMPLATE.parent

    @property
    def role(self) -> str:
        """What schedules send as."""
        name = self.stack.ref("BatchSchedulerRole").rpartition("/")[2]
        return f"arn:aws:iam::123456789012:role/{name}"

    def event_of_any(self, task_arn: str) -> dict[str, Any]:
        """A STOPPED event for a task, made of the documented sample."""
        event = json.loads((self.root / "events" / "ecs-task-job-stopped.json").read_text())
        event["detail"]["taskArn"] = task_arn
        return event

    def calls(self, operation: str, **fields: Any) -> list[Any]:
        """The functions' own calls."""
        return [
            entry
            for entry in self.account.trace.select("call", **fields)
            if entry.get("function") and entry["operation"] == operation
        ]

    def launches(self) -> list[dict[str, Any]]:
        return [call["parameters"] for call in self.calls("RunTask")]

    def metric(self, name: str) -> float:
        entries = self.account.trace.select("metric", name=name)
        return sum(entry["value"] for entry in entries)

    def alerts(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Alerts that the functions have published about jobs."""
        details = [
            json.loads(entry["Detail"])
            for call in self.calls("PutEvents", outcome="ok")
            for entry in call["parameters"]["Entries"]
            if entry["DetailType"] == "ECS Ops Alert"
        ]
        details = [each for each in details if each["capability"] == "batch_jobs"]
        return [each for each in details if kind in (None, each["incident"].split(":")[-2])]

    def dead_letters(self) -> list[str]:
        found = []
        for queue in ("BatchSubmit", "BatchLaunch", "BatchTrack"):
            answer = self.account.client("sqs").receive_message(
                QueueUrl=self.stack.queue_url(f"{queue}DeadLetterQueue"),
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
            )
            found += [message["Body"] for message in answer.get("Messages", [])]
        return found

    def put(self, event: dict[str, Any], **detail: Any) -> None:
        """An event of ECS."""
        self.account.put_event(event | {"detail": event["detail"] | detail})

    def event_of(self, task_arn: str, status: str) -> dict[str, Any]:
        """The event that ECS sent when a task got a status."""
        events = [
            entry["event"]
            for entry in self.account.trace.select("event")
            if entry["event"]["detail"].get("taskArn") == task_arn
            and entry["event"]["detail"].get("lastStatus") == status
        ]
        return msgspec.json.decode(msgspec.json.encode(events[-1]))


Build = Callable[..., Jobs]


def build_in(
    open_accounts: ExitStack,
    app: App | None = None,
    *,
    parameters: dict[str, str] | None = None,
    ecs: EcsSettings | None = None,
    seed: int = 1,
    **options: Any,
) -> Jobs:
    account = open_accounts.enter_context(Account(seed=seed, ecs=ecs or EcsSettings(), **options))
    stack = account.deploy(TEMPLATE, parameters=parameters or {})
    account.client("ecs").create_cluster(
        clusterName="prod", capacityProviders=["FARGATE", "FARGATE_SPOT"]
    )
    # The other capabilities' ticks, each minute or so, are most of the work of a quiet hour.
    events, scheduler = account.client("events"), account.client("scheduler")
    for rule in events.list_rules()["Rules"]:
        if "ScheduleExpression" in rule and rule["Name"] != stack.ref("BatchTickRule"):
            events.disable_rule(Name=rule["Name"])
    for schedule in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
    built = Jobs(account, stack)
    built.define(app=app)
    account.trace.clear()
    return built


@pytest.fixture
def jobs() -> Iterator[Build]:
    """Build an account: ``jobs(faults=[...], parameters={...})``, with the family ``report``."""
    with ExitStack() as open_accounts:
        yield lambda *args, **options: build_in(open_accounts, *args, **options)


@pytest.fixture(scope="module")
def shared() -> Iterator[Jobs]:
    """One account for the tests of a module: each has a job and a family of its own."""
    with ExitStack() as open_accounts:
        yield build_in(open_accounts)


@pytest.fixture
def world(shared: Jobs) -> Iterator[Jobs]:
    shared.account.trace.clear()
    shared.account.faults.clear()
    yield shared
    assert shared.dead_letters() == []
