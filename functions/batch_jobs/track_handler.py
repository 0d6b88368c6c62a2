"""The door for events of tasks, from the track queue."""

from __future__ import annotations

import time
from typing import Any

from batch_jobs.endings import Endings, Runs
from batch_jobs.foreign import Foreign
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.plans import Plans
from batch_jobs.replacing import Replacing
from batch_jobs.tracking import Tracker
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import Backlog, handle_batch
from ecsops.settings import required

_DAY_S = 86_400
_ledger = Ledger(client("dynamodb"), required("TABLE_NAME"), int(required("HISTORY_DAYS")) * _DAY_S)
_runs = Runs(_ledger, client("sqs"), required("SUBMIT_QUEUE_URL"), required("LAUNCH_QUEUE_URL"))
_endings = Endings(_ledger, Plans(_ledger), _runs)
_tracker = Tracker(
    _endings, Replacing(_endings), Foreign(Jobs(_ledger, client("events")), client("ecs"))
)
_backlog = Backlog(client("sqs"), required("QUEUE_URL"), most=400)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _tracker.work(messages, time.time()), _backlog)
