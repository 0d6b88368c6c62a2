"""The door: a batch of alerts from the queue."""

from __future__ import annotations

import time
from typing import Any

from alerts.delivery import Delivery
from ecsops.claims import Claims
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import required

_delivery = Delivery(
    client("sns"), Claims(client("dynamodb"), required("TABLE_NAME")), required("TOPIC_ARN")
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _delivery.deliver(messages, time.time()))
