"""The door of the lifecycle hook, which ECS itself invokes. It never raises.

An exception would roll the deployment back as well, with "HookStatus must not be null" for a reason.
"""

from __future__ import annotations

import time
from typing import Any

from deploy_guard.advice import Adviser
from deploy_guard.ecs_reader import EcsReader
from deploy_guard.hook_alert import tell
from deploy_guard.hook_gate import Answer, Gate
from deploy_guard.kill_switch import KillSwitch
from deploy_guard.ledger_store import LedgerStore
from ecsops.clients import client
from ecsops.observability import count, logger, metrics
from ecsops.parallel import within
from ecsops.settings import choice, required

# What takes longer is no answer: the function itself ends after 25 s, and people are told before that.
_LOOK_S = 12.0

_switch = KillSwitch(lambda: client("ssm"), required("SWITCH_PARAMETER"))
_gate = Gate(
    LedgerStore(client("dynamodb"), required("TABLE_NAME")),
    Adviser(
        EcsReader(client("ecs")),
        _switch,
        lambda region: client("ecr", region),
        choice("ROLLBACK_DEFAULT", ("notify", "dry-run", "off")),
    ),
    _switch,
    time.time,
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Any, _context: Any) -> dict[str, str]:
    """``hookStatus`` for ECS."""
    try:
        answer = within("Look", _LOOK_S, lambda: _gate.answer(event))
    except Exception as error:  # noqa: BLE001  whatever it is, ECS gets an answer
        logger.exception("hook failed")
        answer = Answer(passes=False, reason=f"the guard could not look: {error}")
        tell(client("events"), event, answer, time.time())
    count("HookAnswers", Answer="SUCCEEDED" if answer.passes else "FAILED")
    logger.info("hook answered", passes=answer.passes, reason=answer.reason)
    return answer.as_hook()
