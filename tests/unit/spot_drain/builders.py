"""Short builders of what the tests of Spot draining are about."""

from __future__ import annotations

import json
from typing import Any

from ecsops.errors import CallFailed
from ecsops.queue import Message
from spot_drain.interruption import Interruption
from spot_drain.messages import TargetCheck, TaskCheck
from spot_drain.targets import Registration, Service
from spot_drain.verdict import Seen
from tests.unit.ecsops.events.sample_events import load

NOW = 1_772_442_000.0  # 2026-03-02T09:00:00Z, the time of the samples
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"
OTHER_CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/staging"
REGION = "eu-west-1"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/spot-drain"
PORT = 8080


def group(name: str = "web") -> str:
    return (
        f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{name}/0a1b2c3d4e5f6071"
    )


def task_arn(number: int, cluster: str = CLUSTER) -> str:
    return f"{cluster.replace(':cluster/', ':task/')}/{number:032x}"


def service_arn(name: str = "web", cluster: str = CLUSTER) -> str:
    return f"{cluster.replace(':cluster/', ':service/')}/{name}"


def address(number: int) -> str:
    return f"10.0.{number // 250}.{number % 250 + 1}"


def failure(code: str = "ThrottlingException", kind: type[CallFailed] = CallFailed) -> CallFailed:
    return kind("SomeCall", code, "no")


def interruption(number: int = 1, **changes: Any) -> Interruption:
    cluster = changes.get("cluster_arn", CLUSTER)
    return Interruption(
        **{
            "task_arn": task_arn(number, cluster),
            "cluster_arn": cluster,
            "service_name": "web",
            "started_by": "ecs-svc/1",
            "ipv4": (address(number),),
            "ipv6": (),
            "at": NOW,
            "seen_at": NOW,
            "version": 3,
            "message_ids": (f"m{number}",),
            **changes,
        }
    )


def service(name: str = "web", *groups: str, **changes: Any) -> Service:
    cluster = changes.get("cluster_arn", CLUSTER)
    return Service(
        **{
            "arn": service_arn(name, cluster),
            "name": name,
            "cluster_arn": cluster,
            "mode": "on",
            "registrations": frozenset(Registration(group(g), PORT) for g in groups or (name,)),
            **changes,
        }
    )


def check(
    number: int = 1, first: Seen = Seen.REGISTERED, *groups: str, **changes: Any
) -> TaskCheck:
    return TaskCheck(
        **{
            "task_arn": task_arn(number),
            "service_arn": service_arn(),
            "cluster_arn": CLUSTER,
            "at": NOW,
            "seen_at": NOW,
            "dry_run": False,
            "targets": tuple(
                TargetCheck(group(g), address(number), PORT, first) for g in groups or ("web",)
            ),
            **changes,
        }
    )


def event(number: int = 1, sample: str = "ecs-task-spot-interruption", **detail: Any) -> dict:
    """One of our samples as the event of task ``number``; ``...`` removes a field."""
    document = load(sample)
    cluster = detail.get("clusterArn", CLUSTER)
    arn = task_arn(number, cluster) if isinstance(cluster, str) else task_arn(number)
    interface = {"name": "privateIPv4Address", "value": address(number)}
    document["detail"] |= {
        "taskArn": arn,
        "attachments": [{"type": "eni", "details": [interface]}],
        "containers": [],
        **detail,
    }
    document["detail"] = {k: v for k, v in document["detail"].items() if v is not ...}
    return document


def message(number: int = 1, body: Any = None, received: int = 1, **detail: Any) -> Message:
    content = event(number, **detail) if body is None else body
    text = content if isinstance(content, str) else json.dumps(content)
    return Message(f"m{number}", text, received)
