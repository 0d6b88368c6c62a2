"""The door of the launcher: wake-ups from the launch queue; any number of them is one pass."""

from __future__ import annotations

import time
from typing import Any

from batch_jobs.agenda import Agenda
from batch_jobs.endings import Endings, Runs
from batch_jobs.jobs import Jobs
from batch_jobs.launch_calls import Calls
from batch_jobs.launch_worker import LaunchWorker
from batch_jobs.launching import Launcher
from batch_jobs.ledger import Ledger
from batch_jobs.plans import Plans
from batch_jobs.tasks import TaskReader
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required

_DAY_S = 86_400
_ledger = Ledger(client("dynamodb"), required("TABLE_NAME"), int(required("HISTORY_DAYS")) * _DAY_S)
_runs = Runs(_ledger, client("sqs"), required("SUBMIT_QUEUE_URL"), required("LAUNCH_QUEUE_URL"))
_endings = Endings(_ledger, Plans(_ledger), _runs)
# A throttled launch is made again by the next pass: a client that waits would hold up all others.
_ecs = client("ecs", once=True)
_worker = LaunchWorker(
    launcher=Launcher(
        _ledger, Agenda(_ledger, _endings.plans), Calls(_ecs, TaskReader(_ecs), _endings)
    ),
    jobs=Jobs(_ledger, client("events")),
    runs=_runs,
    off=choice("BATCH_JOBS_MODE", ("on", "off")) == "off",
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _worker.work(messages, time.time()))
