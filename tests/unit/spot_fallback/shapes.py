"""Services as DescribeServices shows them, and covers, with what a test is about changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from spot_fallback.described import primary_of, shadow_of
from spot_fallback.model import Counted, Cover, Primary, Shadow

NOW = 1_772_442_000.0  # 2026-03-02T09:00:00Z
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"
ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"
COVER_ARN = f"{ARN}-ecs-ops-fallback"
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
NO_PLACE = "(service web) was unable to place a task. Reason: Capacity is unavailable at this time."


def moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def described(
    desired: int = 10,
    running: int | None = None,
    pending: int = 0,
    tags: dict[str, str] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    shape = {
        "serviceArn": ARN,
        "serviceName": "web",
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "desiredCount": desired,
        "runningCount": desired if running is None else running,
        "pendingCount": pending,
        "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7",
        "capacityProviderStrategy": SPOT,
        "platformVersion": "1.4.0",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-1"]}
        },
        "loadBalancers": [
            {"targetGroupArn": "arn:tg/web", "containerName": "web", "containerPort": 8080}
        ],
        "serviceRegistries": [],
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": {
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
        "healthCheckGracePeriodSeconds": 30,
        "enableExecuteCommand": False,
        "propagateTags": "NONE",
        "events": [],
        "tags": tag_list({"ecs-ops:spot-fallback": "on", **(tags or {})}),
    }
    return shape | changes


def primary(
    desired: int = 10,
    running: int | None = None,
    there: int | None = None,
    now: float = NOW,
    waiting: int = 0,
    **more: Any,
) -> Primary:
    shape = described(desired, running, **more)
    counted = Counted(shape["runningCount"] if there is None else there, waiting)
    return primary_of(shape, counted, now)


def cover_shape(desired: int = 0, **changes: Any) -> dict[str, Any]:
    of_primary = primary().wanted
    shape = {
        **of_primary,
        "serviceArn": COVER_ARN,
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "desiredCount": desired,
        "runningCount": desired,
        "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
        "serviceRegistries": [],
        "enableExecuteCommand": False,
    }
    return shape | changes


def shadow(desired: int = 0, **changes: Any) -> Shadow:
    return shadow_of(cover_shape(desired, **changes), described())


def absent() -> Shadow:
    return shadow_of(None, described())


def remembered(target: int, **changes: Any) -> Cover:
    given: dict[str, Any] = {
        "target": target,
        "since": NOW - 1_800,
        "peak": target,
        "shortage_at": NOW - 1_200,
        "raised_at": NOW - 1_800,
        "confirmed": True,
    }
    return Cover(**given | changes)
