"""Stopped tasks as the tests need them."""

from __future__ import annotations

import itertools
from typing import Any

from deploy_guard.failures import FailedContainer, FailedTask

ACCOUNT = "123456789012"
REGION = "eu-west-1"
CLUSTER_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod"
SERVICE_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/prod/web"
TASK_DEFINITION = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:42"
TARGET_GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/0123456789abcdef"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod/db-AbCdEf"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = f"{REGISTRY}/web:v9"
NOT_FOUND = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): "
    f"failed to resolve ref {IMAGE}: {IMAGE}: not found"
)
_numbers = itertools.count(1)


def container(name: str = "web", exit_code: int | None = None, **fields: Any) -> FailedContainer:
    return FailedContainer(name, exit_code, **{"image": IMAGE, **fields})


def failed(*containers: FailedContainer, **fields: Any) -> FailedTask:
    """A task whose essential container exited, unless said otherwise."""
    number = next(_numbers)
    defaults = {
        "task_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/prod/{number:032x}",
        "started_by": "ecs-svc/42",
        "task_definition": TASK_DEFINITION,
        "stop_code": "EssentialContainerExited",
        "stopped_reason": "Essential container in task exited",
        "started_at": 1_000.0 + number,
        "stopping_at": 1_020.0 + number,
        "stopped_at": 1_022.0 + number,
    }
    return FailedTask(**{**defaults, "containers": containers, **fields})


def exited(code: int | None, reason: str | None = None, **fields: Any) -> FailedTask:
    return failed(container(exit_code=code, reason=reason), **fields)


def never_started(reason: str, **fields: Any) -> FailedTask:
    """A task that failed to start for this reason."""
    given = {"stop_code": "TaskFailedToStart", "stopped_reason": reason, "started_at": None}
    return failed(container(), **{**given, **fields})


def unhealthy(reason: str = f"Task failed ELB health checks in (target-group {TARGET_GROUP})"):
    """A task that the scheduler stopped because it was unhealthy."""
    return exited(143, stop_code="ServiceSchedulerInitiated", stopped_reason=reason)
