"""The door: the schedule's tick each minute, and ECS's word that tasks found no place."""

from __future__ import annotations

import time
from typing import Any

from ecsops.clients import client
from ecsops.discovery import Discovery
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required
from spot_fallback.aws import Aws
from spot_fallback.look import Looker
from spot_fallback.settling import Settler
from spot_fallback.store import Store
from spot_fallback.sweep import Sweeper
from spot_fallback.worker import Worker

_MODE = choice("SPOT_FALLBACK_MODE", ("on", "dry-run", "off"))


def _tagging() -> Any:
    """Asked every few minutes: made on first use."""
    return client("resourcegroupstaggingapi")


_aws = Aws(client("ecs"), _tagging)
_store = Store(client("dynamodb"), required("TABLE_NAME"))
_dry_run = _MODE == "dry-run"
_worker = Worker(
    looker=Looker(_aws, _store, Settler(_aws, _store, client("events"), _dry_run)),
    sweeper=Sweeper(_aws, _store, client("events"), _dry_run),
    discovery=Discovery(_aws.discover, keep_s=120.0),
    off=_MODE == "off",
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _worker.work(messages, time.time()))
