"""A Ticker over an account of lists and dicts: what tests of a whole tick talk about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ecsops.discovery import Discovery
from ecsops.queue_status import STATUS_KEY, decode_status
from queue_scaling.acting import Acting
from queue_scaling.actuator import Actuator
from queue_scaling.aws import Aws
from queue_scaling.reporting import Reporting
from queue_scaling.store import Store
from queue_scaling.tick import Ticker

START = 1_767_603_603.0
PREFIX = "arn:aws:ecs:eu-west-1:123456789012:service"
FINE = {
    "ecs-ops:queue": "orders",
    "ecs-ops:latency-slo": "60s",
    "ecs-ops:processing-time": "2s",
}


def error(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def named(**tags):
    return {f"ecs-ops:{name.replace('_', '-')}": value for name, value in tags.items()}


class Account:
    """Services and queues as plain data; ``broken`` maps a call to the error it raises."""

    def __init__(self, **options: Any) -> None:
        self.now = START
        self.services: dict[str, dict[str, Any]] = {}
        self.queues: dict[str, Any] = {}
        self.streams: dict[str, int] = {}
        self.metrics: dict[tuple[str, str], float] = {}
        self.policies: dict[str, list[str]] = {}
        self.broken: dict[str, Exception] = {}
        self.pages: dict[str, list[Any]] = {}
        self.unlisted: set[str] = set()
        self.table: dict[str, Any] = {}
        self.calls: list[tuple[str, Any]] = []
        self.ticker = self._ticker(**options)

    def service(self, name="worker", running=1, cluster="prod", **more):
        """Add a service; keyword arguments are its tags, by their short names."""
        arn = f"{PREFIX}/{cluster}/{name}"
        tags = {**FINE, **named(**more)}
        self.services[arn] = {
            "serviceArn": arn,
            "status": "ACTIVE",
            "desiredCount": running,
            "runningCount": running,
            "pendingCount": 0,
            "deployments": [{"rolloutState": "COMPLETED"}],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        return arn

    def retag(self, arn, **tags):
        kept = {tag["key"]: tag["value"] for tag in self.services[arn]["tags"]} | named(**tags)
        self.services[arn]["tags"] = [
            {"key": key, "value": value} for key, value in kept.items() if value is not None
        ]

    def queue(self, name="orders", visible=0, in_flight=0, delayed=0):
        self.queues[name] = (visible, in_flight, delayed)

    def tick(self, seconds=60.0):
        """Tick, and let time pass; what came of it."""
        self.calls.clear()
        more = self.ticker.tick(self.now)
        self.now += seconds
        return more

    def between(self, seconds=20.0):
        self.calls.clear()
        self.ticker.tick_between(self.now)
        self.now += seconds

    def second_process(self):
        """Another process of the function, which shares nothing but the account."""
        return self._ticker()

    def made(self, operation):
        return [params for name, params in self.calls if name == operation]

    def published(self, metric="RequiredRatio"):
        """The values of a metric by service."""
        return {
            datum["Dimensions"][1]["Value"]: datum["Value"]
            for call in self.made("put_metric_data")
            for datum in call["MetricData"]
            if datum["MetricName"] == metric
        }

    def alerts(self):
        return self._entries("ECS Ops Alert")

    def events(self):
        return self._entries("ECS Ops Scaling")

    def states(self):
        return self.ticker.store.read((20, 60))

    def status(self):
        return decode_status(self.table[STATUS_KEY]["services"]["B"])

    def _entries(self, kind):
        return [
            msgspec.json.decode(entry["Detail"])
            for call in self.made("put_events")
            for entry in call["Entries"]
            if entry["DetailType"] == kind
        ]

    def _ticker(self, **options):
        def client(service):
            return getattr(self, f"_{service}")

        for service, methods in {
            "ecs": ("describe_services", "update_service"),
            "sqs": ("get_queue_attributes",),
            "kinesis": ("describe_stream_summary",),
            "cloudwatch": ("put_metric_data", "get_metric_data"),
            "dynamodb": ("batch_get_item", "put_item"),
            "events": ("put_events",),
            "tagging": ("get_resources",),
            "autoscaling": (
                "register_scalable_target",
                "deregister_scalable_target",
                "put_scaling_policy",
                "delete_scaling_policy",
                "describe_scaling_policies",
            ),
        }.items():
            made = SimpleNamespace(meta=SimpleNamespace(endpoint_url="https://sqs.test"))
            for method in methods:
                setattr(made, method, self._method(method))
            made.get_paginator = lambda method, made=made: SimpleNamespace(
                paginate=lambda **params: iter(
                    self.pages.get(method) or [getattr(made, method)(**params)]
                )
            )
            setattr(self, f"_{service}", made)
        aws = Aws(self._ecs, self._cloudwatch, client, lambda: self._tagging)
        actuator = Actuator(self._ecs, self._cloudwatch, lambda: self._autoscaling)
        return Ticker(
            aws=aws,
            acting=Acting(actuator),
            reporting=Reporting(actuator, self._events),
            store=Store(self._dynamodb, "ops"),
            discovery=Discovery(aws.discover),
            **options,
        )

    def _method(self, name):
        def call(**params):
            self.calls.append((name, params))
            for key in (name, f"{name} {params.get('service', '')}".strip()):
                if key in self.broken:
                    raise self.broken[key]
            return getattr(self, f"answer_{name}", lambda **_: {})(**params)

        return call

    def answer_get_resources(self, **_):
        listed = [arn for arn in self.services if arn not in self.unlisted]
        return {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in listed]}

    def answer_describe_services(self, cluster, services, **_):
        assert len(services) <= 10
        arns = [f"{PREFIX}/{cluster}/{name}" for name in services]
        found = [arn for arn in arns if arn in self.services]
        return {
            "services": [
                {"serviceName": arn.rpartition("/")[2], **self.services[arn]} for arn in found
            ]
        }

    def answer_update_service(self, cluster, service, desiredCount):  # noqa: N803
        self.services[f"{PREFIX}/{cluster}/{service}"]["desiredCount"] = desiredCount
        return {}

    def answer_get_queue_attributes(self, QueueUrl, **_):  # noqa: N803
        held = self.queues.get(QueueUrl.rpartition("/")[2])
        if held is None:
            raise error("AWS.SimpleQueueService.NonExistentQueue")
        if isinstance(held, Exception):
            raise held
        visible, in_flight, delayed = held
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(visible),
                "ApproximateNumberOfMessagesNotVisible": str(in_flight),
                "ApproximateNumberOfMessagesDelayed": str(delayed),
                "DelaySeconds": "0",
                "VisibilityTimeout": "30",
            }
        }

    def answer_describe_stream_summary(self, StreamName):  # noqa: N803
        if StreamName not in self.streams:
            raise error("ResourceNotFoundException")
        return {"StreamDescriptionSummary": {"OpenShardCount": self.streams[StreamName]}}

    def answer_get_metric_data(self, MetricDataQueries, EndTime, **_):  # noqa: N803
        import datetime as dt

        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            value = self.metrics.get((metric["Namespace"], metric["MetricName"]))
            moments = (
                []
                if value is None
                else [EndTime - dt.timedelta(seconds=60 * k) for k in range(1, 18)]
            )
            results.append(
                {"Id": query["Id"], "Timestamps": moments, "Values": [value] * len(moments)}
            )
        return {"MetricDataResults": results}

    def answer_batch_get_item(self, RequestItems):  # noqa: N803
        keys = [key["pk"]["S"] for key in RequestItems["ops"]["Keys"]]
        return {"Responses": {"ops": [self.table[key] for key in keys if key in self.table]}}

    def answer_put_item(self, Item, **condition):  # noqa: N803
        there = self.table.get(Item["pk"]["S"], {}).get("version")
        if condition and there != condition.get("ExpressionAttributeValues", {}).get(":read"):
            raise error("ConditionalCheckFailedException")
        self.table[Item["pk"]["S"]] = Item
        return {}

    def answer_put_events(self, Entries):  # noqa: N803
        return {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]}

    def answer_describe_scaling_policies(self, ResourceId, **_):  # noqa: N803
        names = self.policies.get(ResourceId, [])
        return {"ScalingPolicies": [{"PolicyName": name} for name in names]}
