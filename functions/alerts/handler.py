"""The door: a batch of alerts, or of our own later messages, from the queue."""

from __future__ import annotations

import time
from typing import Any

from alerts.credentials import Credentials
from alerts.delivery import Delivery
from alerts.incident_store import IncidentStore
from alerts.outlets import Outlets
from alerts.routes_source import RoutesSource
from alerts.telling import Teller
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import Backlog, handle_batch
from ecsops.settings import required

_store = IncidentStore(client("dynamodb"), required("TABLE_NAME"))
_delivery = Delivery(
    _store,
    RoutesSource(lambda: client("ssm"), required("ROUTES_PARAMETER"), _store),
    Teller(
        _store,
        Outlets(
            lambda: client("sns"),
            required("TOPIC_ARN"),
            required("Q_TOPIC_ARN"),
            Credentials(lambda: client("secretsmanager"), required("SECRET_ARN")),
        ),
        client("sqs"),
        required("QUEUE_URL"),
        required("DEAD_LETTER_QUEUE_URL"),
    ),
)
# A storm's alerts are taken together: fewer messages for the reader, fewer calls for each.
_backlog = Backlog(client("sqs"), required("QUEUE_URL"), most=80)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _delivery.deliver(messages, time.time()), _backlog)
