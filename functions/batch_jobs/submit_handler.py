"""The door for specs, commands and the tick, from the submit queue."""

from __future__ import annotations

import time
from typing import Any

from batch_jobs.accepting import Desk
from batch_jobs.asking import Asking
from batch_jobs.checking import Checking
from batch_jobs.closing import Closing
from batch_jobs.endings import Endings, Runs
from batch_jobs.inputs import Inputs
from batch_jobs.jobs import Jobs
from batch_jobs.ledger import Ledger
from batch_jobs.missing import Missing
from batch_jobs.plans import Plans
from batch_jobs.refusing import Refusing
from batch_jobs.schedules import Schedules
from batch_jobs.starting import Starting
from batch_jobs.stopping import Stopping
from batch_jobs.submitting import Submitting
from batch_jobs.tasks import TaskReader
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required

_DAY_S = 86_400
_ledger = Ledger(client("dynamodb"), required("TABLE_NAME"), int(required("HISTORY_DAYS")) * _DAY_S)
_ecs, _events = client("ecs"), client("events")
_runs = Runs(_ledger, client("sqs"), required("SUBMIT_QUEUE_URL"), required("LAUNCH_QUEUE_URL"))
_jobs, _reader = Jobs(_ledger, _events), TaskReader(_ecs)
_endings = Endings(_ledger, Plans(_ledger), _runs)
_submitting = Submitting(_ledger, _jobs, _runs, Inputs(_ecs, lambda: client("s3")))
_refusing, _asking = Refusing(_jobs), Asking(_ledger, _jobs, _endings, _ecs, _reader)
_desk = Desk(
    ledger=_ledger,
    jobs=_jobs,
    runs=_runs,
    submitting=_submitting,
    refusing=_refusing,
    starting=Starting(_ledger, _jobs, _runs, _submitting),
    stopping=Stopping(_ledger, _endings, _ecs, _reader),
    closing=Closing(_ledger, _jobs, _runs, _events, lambda: client("logs")),
    checking=Checking(_ledger, _jobs, _endings, _submitting, _asking),
    missing=Missing(
        _ledger,
        _jobs,
        _submitting,
        _refusing,
        Schedules(lambda: client("scheduler"), required("SUBMIT_QUEUE_ARN")),
    ),
    off=choice("BATCH_JOBS_MODE", ("on", "off")) == "off",
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _desk.work(messages, time.time()))
