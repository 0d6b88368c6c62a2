"""The demo's scene of batch jobs: Spot takes one shard, one fails, each is tried again for its reason."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.text import Text

from batch_jobs.ledger import Ledger
from batch_jobs.rows import RunRow, row_of
from batch_jobs.times import iso
from sandbox.cli.jobs_view import run_facts
from sandbox.cli.stage import Stage
from sandbox.cli.timeline import Timeline
from sandbox.ecs import App

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.trace import Entry

_JOB, _SHARDS = "invoices", 4
_UNTIL_RUNNING_S, _WATCH_S = 60, 240
_SHOWN = ("RunTask",)


def launched_exactly_once(console: Console, stage: Stage, cluster: str) -> bool:
    """Scene: a job of four shards, asked for twice. Whether it ran once, and every shard succeeded."""
    account = stage.account
    console.print()
    title = (
        f"Scene: the schedule of {_JOB} ({_SHARDS} shards on Spot) fires, and is delivered twice"
    )
    console.print(Text(title, style="bold"))
    _define(stage)
    timeline = Timeline(console, account.clock.now(), stage.logical_id)
    account.trace.listen(lambda entry: timeline.show(entry) if _shown(entry) else None)
    body = json.dumps(_spec(cluster, account.clock.now()))
    for _ in range(2):
        url = stage.stack.queue_url("BatchSubmitQueue")
        account.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    account.run_for(_UNTIL_RUNNING_S)
    running = account.client("ecs").list_tasks(cluster=cluster, family=_JOB)["taskArns"]
    timeline.line(account.clock.now(), "ECS", f"Spot takes one of {len(running)} tasks away")
    account.ecs.interrupt(running[:1])
    account.run_for(_WATCH_S)
    timeline.end()
    return _history(console, stage)


def _define(stage: Stage) -> None:
    """A task definition that opts in; the third task that runs exits with 1, all others succeed."""
    stage.account.client("ecs").register_task_definition(
        family=_JOB,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "report:1", "essential": True}],
        tags=[{"key": "ecs-ops:jobs", "value": "on"}],
    )
    good = App(runs_for_s=60)
    stage.account.ecs.behave(_JOB, good, good, App.crash("no such table", after_s=60), good)


def _spec(cluster: str, now: float) -> dict[str, Any]:
    return {
        "job": _JOB,
        "slot": iso(now - now % 60),
        "cluster": cluster,
        "taskDefinition": _JOB,
        "network": {"subnets": ["subnet-a"]},
        "capacity": [{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}],
        "fanOut": {"count": _SHARDS},
        "retries": {"application": 1},
    }


def _shown(entry: Entry) -> bool:
    if entry.kind == "event":
        event = entry["event"]
        detail = event.get("detail") or {}
        stopped = detail.get("lastStatus") == "STOPPED" and detail.get("group") == f"family:{_JOB}"
        return stopped or event.get("source") == "ecs-ops"
    called = entry.kind == "call" and bool(entry.get("function"))
    return (called and entry["operation"] in _SHOWN) or (
        entry.kind == "invocation" and "BatchLaunch" in entry["function"]
    )


def _history(console: Console, stage: Stage) -> bool:
    ledger = Ledger(stage.account.client("dynamodb"), stage.stack.ref("BatchJobsTable"), 0)
    items = islice(ledger.query(f"job#{_JOB}", newest_first=True), 10)
    runs = [run_facts(row_of(item, RunRow)) for item in items]
    console.print(Text(f"  $ ecs-ops jobs history {_JOB}", style="dim"))
    for run in runs:
        said = (
            f"{run['run']}: {run['state']}, {run['succeeded']} of {run['shards']} shards, "
            f"{run['launches']} launches, {run['interruptions']} of them interrupted, "
            f"took {run['took_s'] or 0:.0f} s, ${run['cost_usd'] or 0:.4f}"
        )
        console.print(Text(f"  {said}", style="green"), soft_wrap=True)
    return [run["succeeded"] for run in runs] == [_SHARDS]
