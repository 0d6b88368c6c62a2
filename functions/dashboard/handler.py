"""The door: CloudWatch calls it with the viewer's rights whenever the dashboard is looked at."""

from __future__ import annotations

import time
from typing import Any

from dashboard.aws import Aws
from dashboard.documentation import DOCUMENTATION
from dashboard.page import page
from dashboard.request import request_from
from dashboard.statuses import Statuses
from ecsops.clients import client
from ecsops.observability import logger
from ecsops.settings import optional

_aws = Aws(
    client("ecs"),
    client("cloudwatch"),
    Statuses(
        lambda: client("dynamodb"),
        optional("QUEUE_STATUS_TABLE"),
        optional("JOB_STATUS_TABLE"),
        optional("GUARD_TABLE"),
    ),
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> str:
    """Answer with HTML, or with Markdown when asked to describe."""
    if event.get("describe"):
        return DOCUMENTATION
    now = time.time()
    request = request_from(event)
    reading = _aws.read(request, now)
    return page(reading, request, arn=context.invoked_function_arn, now=now)
