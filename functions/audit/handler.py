"""The door: the daily schedule, and changes of services, task definitions and scaling policies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from audit.archive import Archive
from audit.collect.account import Collector
from audit.rule import Severity
from audit.worker import Worker
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required

_NOBODY = "OFF"
_told_from = choice("ALERT_FROM", ("ERROR", "HIGH", "MEDIUM", "LOW", _NOBODY))
# EC2's model alone takes as long to read as all others: they are read with the first audit, not at the start.
_CLIENTS: dict[str, Callable[[], Any]] = {
    "application-autoscaling": lambda: client("application-autoscaling", patient=True),
    "cloudwatch": lambda: client("cloudwatch", patient=True),
    "ec2": lambda: client("ec2", patient=True),
    "ecs": lambda: client("ecs"),
    "elbv2": lambda: client("elbv2"),
    "events": lambda: client("events"),
    "iam": lambda: client("iam", patient=True),
    "logs": lambda: client("logs", patient=True),
    "sqs": lambda: client("sqs"),
}
_worker = Worker(
    collector=Collector(lambda service: _CLIENTS[service]()),
    archive=Archive(client("s3", patient=True), required("BUCKET")),
    events=client("events"),
    bucket=required("BUCKET"),
    region=required("AWS_REGION"),
    threshold=None if _told_from == _NOBODY else Severity[_told_from],
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _worker.work(messages, time.time()))
