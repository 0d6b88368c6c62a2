"""Stopped tasks, from events and from DescribeTasks: ISO texts in the one, moments in the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from batch_jobs.judge import Ended, Stopped
from ecsops.events.envelope import epoch
from ecsops.events.task_state import TaskStateChange


def of_event(task: TaskStateChange) -> Stopped:
    """From ``ECS Task State Change``."""
    return Stopped(
        task_arn=task.task_arn,
        version=task.version,
        stop_code=task.stop_code,
        reason=task.stopped_reason or "",
        containers=tuple(
            Ended(one.name, one.exit_code, one.reason or "") for one in task.containers or ()
        ),
        created_at=_epoch(task.created_at, "createdAt"),
        started_at=_epoch(task.started_at, "startedAt"),
        stopped_at=_epoch(task.stopped_at, "stoppedAt"),
        provider=task.capacity_provider_name,
        zone=task.availability_zone,
    )


def of_description(task: Mapping[str, Any]) -> Stopped:
    """From DescribeTasks."""
    return Stopped(
        task_arn=str(task["taskArn"]),
        version=int(task.get("version", 0)),
        stop_code=task.get("stopCode"),
        reason=task.get("stoppedReason") or "",
        containers=tuple(
            Ended(one.get("name", ""), one.get("exitCode"), one.get("reason") or "")
            for one in task.get("containers", ())
        ),
        created_at=_moment(task.get("createdAt")),
        started_at=_moment(task.get("startedAt")),
        stopped_at=_moment(task.get("stoppedAt")),
        provider=task.get("capacityProviderName"),
        zone=task.get("availabilityZone"),
    )


def _epoch(text: str | None, field: str) -> float | None:
    return None if text is None else epoch(text, f"$.detail.{field}")


def _moment(value: object) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else None
