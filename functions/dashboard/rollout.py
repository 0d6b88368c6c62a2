"""How a service's deployment stands, from what DescribeServices says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["steady", "in progress", "rolling back", "failed"]
# The reason that ECS gives the deployment it rolls back to.
_ROLLING_BACK = "rolling back"


@dataclass(frozen=True, slots=True)
class Rollout:
    """``done`` of ``wanted`` tasks of the newest deployment run; ``since`` is when it began."""

    state: State
    done: int = 0
    wanted: int = 0
    failed_tasks: int = 0
    since: float | None = None
    reason: str = ""


def rollout_of(service: Mapping[str, Any]) -> Rollout:
    """Judge the deployments, or the task sets where CodeDeploy or another controller deploys."""
    deployments: Sequence[Mapping[str, Any]] = service.get("deployments") or ()
    if not deployments:
        return _of_task_sets(service.get("taskSets") or ())
    newest = _primary(deployments)
    return Rollout(
        _state(newest, deployments),
        int(newest.get("runningCount", 0)),
        int(newest.get("desiredCount", 0)),
        int(newest.get("failedTasks", 0)),
        _moment(newest.get("createdAt")),
        str(newest.get("rolloutStateReason", "")),
    )


def _state(newest: Mapping[str, Any], deployments: Sequence[Mapping[str, Any]]) -> State:
    if newest.get("rolloutState") == "FAILED":
        return "failed"
    # Services without the circuit breaker may have no rolloutState: two deployments say it then.
    ongoing = newest.get("rolloutState") == "IN_PROGRESS" or (
        "rolloutState" not in newest and len(deployments) > 1
    )
    if not ongoing:
        return "steady"
    gave_up = any(each.get("rolloutState") == "FAILED" for each in deployments)
    says_so = _ROLLING_BACK in str(newest.get("rolloutStateReason", "")).lower()
    return "rolling back" if gave_up or says_so else "in progress"


def _of_task_sets(task_sets: Sequence[Mapping[str, Any]]) -> Rollout:
    if not task_sets:
        return Rollout("steady")
    newest = max(task_sets, key=lambda each: _moment(each.get("createdAt")) or 0.0)
    moving = len(task_sets) > 1 or newest.get("stabilityStatus") == "STABILIZING"
    return Rollout(
        "in progress" if moving else "steady",
        int(newest.get("runningCount", 0)),
        int(newest.get("computedDesiredCount", 0)),
        0,
        _moment(newest.get("createdAt")),
    )


def _primary(deployments: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((each for each in deployments if each.get("status") == "PRIMARY"), deployments[0])


def _moment(value: Any) -> float | None:
    return float(value.timestamp()) if hasattr(value, "timestamp") else None
