"""The door of the executor: orders of the observer, from a queue of their own."""

from __future__ import annotations

import time
from typing import Any

from deploy_guard.advice import Adviser
from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.audit import Audit
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.executing import Calls
from deploy_guard.executor import Executor
from deploy_guard.fresh_look import FreshLook
from deploy_guard.kill_switch import KillSwitch
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.orders import Orders
from deploy_guard.pinned_copy import Copy
from deploy_guard.reporting import Reporter
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import handle_batch
from ecsops.settings import choice, required

_TABLE = required("TABLE_NAME")
_adviser = Adviser(
    EcsReader(client("ecs")),
    KillSwitch(lambda: client("ssm"), required("SWITCH_PARAMETER")),
    lambda region: client("ecr", region),
    choice("ROLLBACK_DEFAULT", ("notify", "dry-run", "off")),
    codedeploy=choice("CODEDEPLOY", ("off", "on")) == "on",
)
_store = LedgerStore(client("dynamodb"), _TABLE)
_executor = Executor(
    _store,
    Audit(client("dynamodb"), _TABLE),
    FreshLook(
        _adviser,
        AlarmReader(lambda: client("cloudwatch")),
        CodeDeployReader(lambda: client("codedeploy")),
        _store,
    ),
    Calls(
        lambda: client("ecs", once=True),
        lambda: client("codedeploy", once=True),
        Copy(client("ecs")),
    ),
    Reporter(client("events")),
    time.time,
)
_orders = Orders(_executor, lambda: client("sqs"), required("QUEUE_URL"), time.time)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    run = context.aws_request_id
    return handle_batch(event, lambda messages: _orders.work(messages, run))
