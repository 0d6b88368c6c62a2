"""The door: the schedule's tick each minute, or our own in between, from the queue."""

from __future__ import annotations

import time
from typing import Any, Literal

from ecsops.clients import client
from ecsops.discovery import Discovery
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required
from queue_scaling.acting import Acting
from queue_scaling.actuator import Actuator
from queue_scaling.aws import Aws
from queue_scaling.reporting import Reporting
from queue_scaling.store import Store
from queue_scaling.tick import Ticker
from queue_scaling.worker import Worker

_MODE = choice("QUEUE_SCALING_MODE", ("on", "dry-run", "off"))


def _tagging() -> Any:
    """Asked every few minutes: made on first use."""
    return client("resourcegroupstaggingapi")


def _autoscaling() -> Any:
    """For services in managed and direct mode only."""
    return client("application-autoscaling")


def _of_source(service: Literal["sqs", "kinesis"]) -> Any:
    """What sources are read with."""
    return client("kinesis") if service == "kinesis" else client("sqs")


_aws = Aws(client("ecs"), client("cloudwatch"), _of_source, _tagging)
_actuator = Actuator(client("ecs"), client("cloudwatch"), _autoscaling)
_worker = Worker(
    ticker=Ticker(
        aws=_aws,
        acting=Acting(_actuator),
        reporting=Reporting(_actuator, client("events")),
        store=Store(client("dynamodb"), required("TABLE_NAME")),
        discovery=Discovery(_aws.discover),
        dry_run=_MODE == "dry-run",
    ),
    sqs=client("sqs"),
    queue_url=required("QUEUE_URL"),
    off=_MODE == "off",
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _worker.work(messages, time.time()))
