# ruff: noqa: TC002 - written as people write it
"""Alerts to a topic as many teams write them: the rival in the cold start benchmark."""

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
metrics = Metrics(namespace="Alerts")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["TABLE_NAME"])
idempotency = IdempotencyConfig(event_key_jmespath="[incident, stage]")
sns = boto3.client("sns")


class NextStep(BaseModel):
    """What a person should do."""

    text: str
    command: str | None = None
    link: str | None = None


class Alert(BaseModel):
    """The alert in the event."""

    incident: str
    stage: str
    severity: str
    state: str
    title: str
    summary: str
    next_steps: list[NextStep] = Field(default_factory=list)


class AlertEvent(EventBridgeModel):
    """The event."""

    detail: Alert


@tracer.capture_method
@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="alert", persistence_store=persistence, config=idempotency
)
def deliver(*, alert: dict[str, Any]) -> None:
    """Send one alert to the topic."""
    steps = "\n".join(step["text"] for step in alert["next_steps"])
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=alert["title"][:99],
        Message=f"{alert['summary']}\n\n{steps}",
    )


@tracer.capture_method
def handle_record(record: SQSRecord) -> None:
    """One message."""
    event = parse(event=record.json_body, model=AlertEvent)
    deliver(alert=event.detail.model_dump())
    metrics.add_metric(name="Delivered", unit=MetricUnit.Count, value=1)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Answer with a partial batch response."""
    idempotency.register_lambda_context(context)
    return process_partial_response(
        event=event, record_handler=handle_record, processor=processor, context=context
    )
