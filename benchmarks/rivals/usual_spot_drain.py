# ruff: noqa: TC002 - written as people write it
"""Spot draining as many teams write it: the rival in the cold start benchmark.

Every choice is what the documentation of boto3 and Powertools for AWS Lambda shows first: a client per
service at import, Logger, Metrics and Tracer, models with the parser, the batch utility, idempotency.
"""

from __future__ import annotations

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="SpotDrain")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["TABLE_NAME"])
idempotency = IdempotencyConfig(event_key_jmespath="taskArn", expires_after_seconds=3600)
ecs = boto3.client("ecs")
elbv2 = boto3.client("elbv2")


class Attribute(BaseModel):
    """A name and a value."""

    name: str
    value: str | None = None


class Attachment(BaseModel):
    """A network interface."""

    id: str
    type: str
    status: str
    details: list[Attribute] = Field(default_factory=list)


class Task(BaseModel):
    """The task in the event."""

    taskArn: str  # noqa: N815 - as ECS writes it
    clusterArn: str  # noqa: N815
    group: str = ""
    lastStatus: str  # noqa: N815
    desiredStatus: str  # noqa: N815
    stopCode: str | None = None  # noqa: N815
    stoppedReason: str | None = None  # noqa: N815
    version: int = 0
    attachments: list[Attachment] = Field(default_factory=list)


class TaskStateChange(EventBridgeModel):
    """The event."""

    detail: Task


@tracer.capture_method
def target_groups(task: Task) -> list[tuple[str, int]]:
    """Target group and port of the task's service."""
    name = task.group.removeprefix("service:")
    answer = ecs.describe_services(cluster=task.clusterArn, services=[name])
    return [
        (balancer["targetGroupArn"], balancer["containerPort"])
        for service in answer["services"]
        for balancer in service["loadBalancers"]
    ]


@tracer.capture_method
@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="task", persistence_store=persistence, config=idempotency
)
def drain(*, task: dict[str, Any]) -> int:
    """Take a task out of its target groups."""
    model = Task.model_validate(task)
    addresses = [
        detail.value
        for attachment in model.attachments
        for detail in attachment.details
        if detail.name == "privateIPv4Address" and detail.value
    ]
    for group, port in target_groups(model):
        targets = [{"Id": address, "Port": port} for address in addresses]
        elbv2.deregister_targets(TargetGroupArn=group, Targets=targets)  # type: ignore[arg-type]
    return len(addresses)


@tracer.capture_method
def handle_record(record: SQSRecord) -> None:
    """One message."""
    event = parse(event=record.json_body, model=TaskStateChange)
    if event.detail.stopCode == "SpotInterruption" and event.detail.group.startswith("service:"):
        drained = drain(task=event.detail.model_dump())
        metrics.add_metric(name="Drained", unit=MetricUnit.Count, value=drained)
        logger.info("task drained", task=event.detail.taskArn)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer with a partial batch response."""
    idempotency.register_lambda_context(context)
    return process_partial_response(
        event=event, record_handler=handle_record, processor=processor, context=context
    )
