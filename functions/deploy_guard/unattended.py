"""A service deployment that need not be read again: DescribeServices shows that nothing became of it.

Where neither a circuit breaker nor alarms nor hooks are configured, DescribeServiceDeployments has nothing
else to tell than its status. That cannot have changed while it is the service's current one, and its own
deployment is PRIMARY in the same rollout state: a rollback makes another one PRIMARY, a replacement another
one current. Only where a person stops it and there is nothing to go back to nothing changes here: that is
seen by the next sweep, which always reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy_guard.described import ecs_deployment
from deploy_guard.model import Deployment, Ledger, Outcome
from deploy_guard.reality import Monitor, ServiceDeployment

_STATUS = {
    (Outcome.IN_PROGRESS, "IN_PROGRESS"): "IN_PROGRESS",
    (Outcome.SUCCEEDED, "COMPLETED"): "SUCCESSFUL",
}


def is_unattended(deployment: ServiceDeployment) -> bool:
    """Whether nobody but the scheduler has a say in it."""
    monitors = (deployment.breaker, deployment.alarms)
    return (
        deployment.strategy == "ROLLING"
        and not deployment.hooks
        and not deployment.has_hooks
        and all(_is_off(one) for one in monitors)
    )


def as_remembered(service: Mapping[str, Any], ledger: Ledger) -> ServiceDeployment | None:
    """The current service deployment as it was when it was read last; None: it has to be read."""
    row = next(
        (one for one in ledger.deployments if one.id == service.get("currentServiceDeployment")),
        None,
    )
    # Of one that we had stopped ECS may not have said anything yet.
    if row is None or not row.unattended or row.ordered_at or row.target.revision_arn is None:
        return None
    if _is_attended(service.get("deploymentConfiguration") or {}):
        return None
    shown = [ecs_deployment(one) for one in service.get("deployments", ())]
    primary = next((one for one in shown if one.status == "PRIMARY"), None)
    if primary is None or primary.id != row.ecs_id:
        return None
    status = _STATUS.get((row.outcome, primary.rollout_state or ""))
    return _deployment(row, status) if status else None


def _deployment(row: Deployment, status: str) -> ServiceDeployment:
    return ServiceDeployment(
        row.id,
        status,
        row.began,
        target=row.target.revision_arn,
        source=row.source.revision_arn if row.source else None,
        finished_at=row.outcome_at if status == "SUCCESSFUL" else None,
    )


def _is_attended(configuration: Mapping[str, Any]) -> bool:
    """Whether the service is configured, by now, for somebody to have a say in it."""
    monitors = (configuration.get(one) or {} for one in ("deploymentCircuitBreaker", "alarms"))
    return bool(configuration.get("lifecycleHooks")) or any(one.get("enable") for one in monitors)


def _is_off(monitor: Monitor | None) -> bool:
    return monitor is None or (monitor.status == "DISABLED" and not monitor.rollback)
