"""The door: what AWS says of deployments, our own later looks, and the minute's sweep, from the queue."""

from __future__ import annotations

import time
from typing import Any

from deploy_guard.advice import Adviser
from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.audit import Audit
from deploy_guard.codedeploy_reader import CodeDeployReader
from deploy_guard.companions import Companions
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.evidence.gathering import Clients
from deploy_guard.investigation import Investigator
from deploy_guard.kill_switch import KillSwitch
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.notes import Notes
from deploy_guard.observer import Observer
from deploy_guard.schedules import Schedules
from deploy_guard.sending import Senders
from deploy_guard.visit import Visitor
from ecsops.clients import client
from ecsops.observability import logger, metrics
from ecsops.queue import Backlog, handle_batch
from ecsops.settings import choice, required

_table, _queue_url = required("TABLE_NAME"), required("QUEUE_URL")
_clients, _sqs = Clients(), client("sqs")
_store, _reader = LedgerStore(client("dynamodb"), _table), EcsReader(client("ecs"))
_adviser = Adviser(
    _reader,
    KillSwitch(lambda: client("ssm"), required("SWITCH_PARAMETER")),
    _clients.ecr,
    choice("ROLLBACK_DEFAULT", ("off", "notify", "dry-run")),
    codedeploy=choice("CODEDEPLOY", ("off", "on")) == "on",
)
_visitor = Visitor(
    Investigator(_adviser, _clients),
    AlarmReader(_clients.cloudwatch),
    Companions(_store, lambda: client("resourcegroupstaggingapi")),
)
_senders = Senders(
    client("events"),
    _sqs,
    _queue_url,
    required("ORDERS_QUEUE_URL"),
    Schedules(lambda: client("scheduler"), required("QUEUE_ARN"), required("SCHEDULE_ROLE_ARN")),
    Audit(client("dynamodb"), _table),
)
_codedeploy = CodeDeployReader(lambda: client("codedeploy"))
_notes = Notes(client("dynamodb"), _table)
_observer = Observer(_store, _notes, _reader, _codedeploy, _visitor, _senders)
_backlog = Backlog(_sqs, _queue_url)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with Lambda's partial batch response."""
    return handle_batch(event, lambda messages: _observer.work(messages, time.time()), _backlog)
