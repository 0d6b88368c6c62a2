"""The door: a batch of interruptions, or of our own later messages, from the queue."""

from __future__ import annotations

import time
from typing import Any

from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import Backlog, handle_batch
from ecsops.settings import choice, required
from spot_drain.aws import Aws
from spot_drain.tally import Tallies
from spot_drain.worker import Worker

_QUEUE_URL = required("QUEUE_URL")
_worker = Worker(
    aws=Aws(
        client("ecs"),
        client("elbv2"),
        choice("SPOT_DRAIN_MODE", ("on", "dry-run", "off")),
        time.time,
    ),
    tallies=Tallies(client("dynamodb"), required("TABLE_NAME")),
    sqs=client("sqs"),
    events=client("events"),
    queue_url=_QUEUE_URL,
    region=client("sqs").meta.region_name,
    rebalance=choice("SPOT_REBALANCE", ("off", "drain")),
)
_backlog = Backlog(client("sqs"), _QUEUE_URL)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _worker.work(messages, time.time()), _backlog)
