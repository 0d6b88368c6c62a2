"""What people are told when the hook itself failed: their deployment ends, and not for its own fault.

A refusal is told by the observer, as any other failed deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_guard.hook_gate import Answer, read_asked
from ecsops.alerts import Alert, NextStep, publish
from ecsops.arns import parse_arn
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger
from ecsops.parallel import within
from ecsops.redaction import redact

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# ECS waits for the answer.
_BUDGET_S = 5.0


def tell(events: EventBridgeClient, event: Any, answer: Answer, now: float) -> None:
    """Say that it failed; that this cannot be said either must not change the answer."""
    cluster: str | None = None
    service: str | None = None
    resources: tuple[str, ...] = ()
    try:
        asked = read_asked(event)
        arn = parse_arn(asked.resource_arn)
        cluster, (_, service, _) = arn.cluster or "default", arn.resource.rsplit("/", 2)
        resources = (asked.resource_arn,)
    except (*CALL_ERRORS, ValueError):
        logger.warning("hook's question not understood")
    incident = f"deploy_guard:{resources[0] if resources else ''}:hook"
    where = f"{cluster}/{service}: " if service else ""
    alert = Alert(
        incident=incident,
        stage="hook-failed",
        severity="warning",
        state="open",
        at=now,
        capability="deploy_guard",
        title=f"{where}the guard's lifecycle hook failed, and with it the deployment",
        summary=(
            f"{answer.reason}\nECS rolls the deployment back: the hook could not tell whether its version "
            "is known to be bad.\nNext: read the hook's log, mend its permissions or take the hook off "
            "the service, and deploy again."
        ),
        cluster=cluster,
        service=service,
        next_steps=(NextStep("Read the log of the stack's function DeployGuardHookFunction."),),
        resources=resources,
    )
    try:
        within("PutEvents", _BUDGET_S, lambda: publish(events, [redact(alert)]))
    except CALL_ERRORS as error:
        logger.error("not told", reason=str(error))
