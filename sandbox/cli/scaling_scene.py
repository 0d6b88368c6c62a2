"""The demo's third scene: messages arrive at a queue, and its service gets the tasks that they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from queue_scaling.store import Store
from sandbox.cli.stage import Stage
from sandbox.cli.timeline import Timeline
from sandbox.scaling import explain

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.trace import Entry

_MESSAGES, _WATCH_S = 60, 100
_SHOWN = ("UpdateService", "GetQueueAttributes", "PutMetricData")
_TAGS = {
    "ecs-ops:queue": "orders",
    "ecs-ops:latency-slo": "60s",
    "ecs-ops:processing-time": "4s",
    "ecs-ops:scaling": "direct",
    "ecs-ops:max-tasks": "20",
}


def scaled_by_its_queue(console: Console, stage: Stage) -> bool:
    """Scene: five tags on a worker service, sixty messages. Whether it got more tasks in time."""
    found = _worker(stage)
    if found is None:
        return True  # a world of one's own need not have a worker
    cluster, service = found
    account, ecs = stage.account, stage.account.client("ecs")
    console.print()
    title = f"Scene: {_MESSAGES} messages arrive for {cluster}/{service}, which should wait 60 s at most"
    console.print(Text(title, style="bold"))
    for key, value in _TAGS.items():
        console.print(Text(f"    {key}={value}", style="dim"))
    described = ecs.describe_services(cluster=cluster, services=[service])["services"][0]
    tags = [{"key": key, "value": value} for key, value in _TAGS.items()]
    ecs.tag_resource(resourceArn=described["serviceArn"], tags=tags)
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for number in range(_MESSAGES):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    timeline = Timeline(console, account.clock.now(), stage.logical_id)
    account.trace.listen(lambda entry: timeline.show(entry) if _shown(entry) else None)
    account.client("events").enable_rule(Name=stage.stack.ref("QueueScalingSchedule"))
    account.run_for(_WATCH_S)
    timeline.end()
    _explain(console, stage, described["serviceArn"])
    after = ecs.describe_services(cluster=cluster, services=[service])["services"][0]
    return int(after["desiredCount"]) > int(described["desiredCount"])


def _worker(stage: Stage) -> tuple[str, str] | None:
    """The first service of the world that nobody sends requests to."""
    for cluster in stage.world.document["clusters"]:
        for service in cluster.get("services", ()):
            if not service.get("target_groups"):
                return cluster["name"], service["name"]
    return None


def _shown(entry: Entry) -> bool:
    called = entry.kind == "call" and bool(entry.get("function"))
    return (called and entry["operation"] in _SHOWN) or entry.kind == "invocation"


def _explain(console: Console, stage: Stage, arn: str) -> None:
    store = Store(stage.account.client("dynamodb"), stage.stack.ref("QueueScalingTable"))
    explained = explain.find(store.read((20, 60)), arn, None)
    console.print(Text(f"  $ ecs-ops scaling explain {explained.label}", style="dim"))
    for line in explain.text(explained, stage.account.clock.now()).splitlines():
        console.print(Text(f"  {line}", style="green"), soft_wrap=True)
