"""Worker services with queues, in an account that runs the shipped stack minute by minute."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.kinesis.models import kinesis_backends

from queue_scaling.store import Store
from sandbox.account import ACCOUNT
from sandbox.caller import Caller
from sandbox.world import check_world
from tests.integration.conftest import Build, Operations

FINE = {
    "ecs-ops:queue": "orders",
    "ecs-ops:latency-slo": "60s",
    "ecs-ops:processing-time": "10s",
    "ecs-ops:max-tasks": "20",
}


class Workshop:
    """Services and queues as a test talks about them."""

    def __init__(self, operations: Operations) -> None:
        self.operations = operations
        self.account = operations.account
        self.trace = operations.trace

    def service(
        self, name: str = "worker", count: int = 1, *, seen: bool = True, **tags: str | None
    ) -> str:
        """Create a worker service; keyword arguments are tags by their short names.

        ``seen`` lets two ticks pass and forgets them.
        """
        named = {f"ecs-ops:{tag.replace('_', '-')}": value for tag, value in tags.items()}
        given = {tag: value for tag, value in (FINE | named).items() if value is not None}
        document = {
            "clusters": [
                {"name": "prod", "services": [{"name": name, "count": count, "tags": given}]}
            ]
        }
        check_world(document, "test").build(self.account)
        if seen:
            self.minutes(2)
            self.trace.clear()
        return f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/prod/{name}"

    def tag(self, arn: str, **tags: str | None) -> None:
        ecs = self.account.client("ecs")
        for tag, value in tags.items():
            key = f"ecs-ops:{tag.replace('_', '-')}"
            if value is None:
                ecs.untag_resource(resourceArn=arn, tagKeys=[key])
            else:
                ecs.tag_resource(resourceArn=arn, tags=[{"key": key, "value": value}])

    def queue(self, name: str = "orders", visibility_s: int = 43_200, **attributes: str) -> str:
        """Create a queue."""
        asked = {"VisibilityTimeout": str(visibility_s)} | attributes
        answer = self.account.client("sqs").create_queue(QueueName=name, Attributes=asked)
        return answer["QueueUrl"]

    def send(self, url: str, count: int) -> None:
        for number in range(count):
            self.account.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))

    def take(self, url: str, count: int) -> None:
        """Workers receive messages, and work on them for hours."""
        left = count
        while left:
            answer = self.account.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=min(left, 10)
            )
            assert answer["Messages"]
            left -= len(answer["Messages"])

    def deny_reading(self, queue: str) -> None:
        """Forbid the function to look at a queue, as an organisation's policy or a boundary may."""
        statement = {
            "Effect": "Deny",
            "Action": "sqs:GetQueueAttributes",
            "Resource": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{queue}",
        }
        function = self.operations.stack.function("QueueScalingFunction")
        policies = self.account.roles.policies(function.role_arn)
        self.account.gateway.register_principal(
            function.credentials.access_key,
            Caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/r/{function.name}", ACCOUNT, "eu-west-1"),
            [*policies, {"Version": "2012-10-17", "Statement": [statement]}],
            function.name,
        )

    def stream_without_shards(self, name: str) -> None:
        """A stream of which no shard is open, as in the moments in which it is deleted."""
        self.account.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        kinesis_backends[ACCOUNT]["eu-west-1"].streams[name].shard_count = 0

    def protect(self, count: int, service: str = "worker", minutes: int = 120) -> list[str]:
        """So many of a service's tasks protect themselves."""
        arns = self.operations.tasks(service)[:count]
        for arn in arns:
            self.account.client("ecs").update_task_protection(
                cluster="prod", tasks=[arn], protectionEnabled=True, expiresInMinutes=minutes
            )
        return arns

    def client_of_function(self, service: str, **_: Any) -> Any:
        """A client with the credentials of the function."""
        given = self.operations.stack.function("QueueScalingFunction").credentials
        return boto3.session.Session().client(
            service,
            region_name="eu-west-1",
            aws_access_key_id=given.access_key,
            aws_secret_access_key=given.secret_key,
            aws_session_token=given.token,
        )

    def purge(self, url: str) -> None:
        self.account.client("sqs").purge_queue(QueueUrl=url)

    def minutes(self, count: float) -> None:
        self.account.run_for(60 * count)

    def desired(self, name: str = "worker") -> int:
        answer = self.account.client("ecs").describe_services(cluster="prod", services=[name])
        return answer["services"][0]["desiredCount"]

    def running(self, name: str = "worker") -> int:
        answer = self.account.client("ecs").describe_services(cluster="prod", services=[name])
        return answer["services"][0]["runningCount"]

    def calls(self, operation: str | None = None) -> list[Any]:
        """The function's own calls."""
        name = self.operations.stack.function("QueueScalingFunction").name
        return [
            call
            for call in self.trace.select("call", function=name)
            if operation in (None, call["operation"])
        ]

    def published(self, service: str = "worker", metric: str = "RequiredRatio") -> list[float]:
        """The values of a metric, oldest first."""
        return [
            datum["Value"]
            for call in self.calls("PutMetricData")
            for datum in call["parameters"]["MetricData"]
            if datum["MetricName"] == metric and datum["Dimensions"][1]["Value"] == service
        ]

    def events(self, detail_type: str) -> list[dict[str, Any]]:
        return [
            json.loads(entry["Detail"])
            for call in self.calls("PutEvents")
            for entry in call["parameters"]["Entries"]
            if entry["DetailType"] == detail_type
        ]

    def alerts(self) -> list[dict[str, Any]]:
        return self.events("ECS Ops Alert")

    def changes(self) -> list[dict[str, Any]]:
        return self.events("ECS Ops Scaling")

    def policies(self) -> list[str]:
        answer = self.account.client("application-autoscaling").describe_scaling_policies(
            ServiceNamespace="ecs"
        )
        return [policy["PolicyName"] for policy in answer["ScalingPolicies"]]

    def targets(self) -> list[dict[str, Any]]:
        answer = self.account.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs"
        )
        return answer["ScalableTargets"]

    def explained(self) -> str:
        """What is remembered of the last look at the only service."""
        table = self.operations.stack.ref("QueueScalingTable")
        (state,) = Store(self.account.client("dynamodb"), table).read((20, 60)).values()
        return "\n".join(state.explanation)

    def refused(self) -> list[Any]:
        """Calls that AWS did not allow."""
        return [call.fields for call in self.calls() if call["outcome"] == "denied"]


@pytest.fixture
def workshop(operate: Build) -> Callable[..., Workshop]:
    """An account with the stack and no service yet: ``workshop(mode="dry-run")``."""

    def build(mode: str = "on", **options: Any) -> Workshop:
        operations = operate(world=False, parameters={"QueueScalingMode": mode}, **options)
        return Workshop(operations)

    return build


@pytest.fixture
def shop(workshop: Callable[..., Workshop]) -> Workshop:
    return workshop()
