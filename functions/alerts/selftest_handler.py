"""The door of the self-test: a schedule's message begins one, our own later messages look at it."""

from __future__ import annotations

import time
from typing import Any

from alerts.incident_reader import IncidentReader
from alerts.selftest_run import SelfTest
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import required

_selftest = SelfTest(
    client("events"),
    client("sqs"),
    client("sns"),
    IncidentReader(client("dynamodb"), required("TABLE_NAME")),
    tuple(required("RULES").split(",")),
    required("QUEUE_URL"),
    required("ALERTS_QUEUE_URL"),
    required("TOPIC_ARN"),
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _selftest.work(messages, time.time()))
