"""ECS's descriptions, read as what the guard works with. Tolerant: what is missing is unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from deploy_guard.model import Image, Version
from deploy_guard.owner_settings import STACK_TAG
from deploy_guard.reality import EcsDeployment, Hook, Monitor, Reality, ServiceDeployment
from ecsops.arns import parse_arn
from ecsops.tags import from_ecs

Shape = Mapping[str, Any]
# What ECS adds to a task definition, or what makes it another name for the same thing.
_NOT_CONTENT = frozenset(
    {
        *(
            "taskDefinitionArn",
            "revision",
            "status",
            "registeredAt",
            "registeredBy",
            "deregisteredAt",
        ),
        *("requiresAttributes", "compatibilities", "tags"),
    }
)


def content_hash(definition: Shape) -> str:
    """A task definition's content without its images: those are known by their digests."""
    content = {key: value for key, value in definition.items() if key not in _NOT_CONTENT}
    content["containerDefinitions"] = [
        {key: value for key, value in one.items() if key != "image"}
        for one in definition.get("containerDefinitions", ())
    ]
    text = msgspec.json.encode(content, order="deterministic")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def version_of(revision: Shape) -> Version:
    """What a service revision runs."""
    images = tuple(
        Image(one.get("containerName", ""), one.get("image", ""), one.get("imageDigest"))
        for one in revision.get("containerImages", ())
    )
    return Version(
        revision.get("taskDefinition", ""), images, None, revision.get("serviceRevisionArn")
    )


def service_deployment(shape: Shape) -> ServiceDeployment:
    """A service deployment."""
    configuration = shape.get("deploymentConfiguration") or {}
    rollback = shape.get("rollback") or {}
    sources = shape.get("sourceServiceRevisions") or [{}]
    return ServiceDeployment(
        arn=shape["serviceDeploymentArn"],
        status=shape.get("status", ""),
        created_at=_time(shape.get("createdAt")) or _time(shape.get("startedAt")) or 0.0,
        target=(shape.get("targetServiceRevision") or {}).get("arn"),
        source=sources[0].get("arn"),
        finished_at=_time(shape.get("finishedAt")) or _time(shape.get("stoppedAt")),
        updated_at=_time(shape.get("updatedAt")),
        reason=shape.get("statusReason"),
        stage=shape.get("lifecycleStage"),
        strategy=configuration.get("strategy") or "ROLLING",
        rolled_back_to=rollback.get("serviceRevisionArn"),
        rollback_reason=rollback.get("reason"),
        breaker=_monitor(shape, configuration, "deploymentCircuitBreaker"),
        alarms=_monitor(shape, configuration, "alarms"),
        hooks=tuple(_hook(one) for one in shape.get("lifecycleHookDetails") or ()),
        has_hooks=bool(configuration.get("lifecycleHooks")),
    )


def brief(shape: Shape) -> ServiceDeployment:
    """A service deployment as it is listed."""
    return ServiceDeployment(
        arn=shape["serviceDeploymentArn"],
        status=shape.get("status", ""),
        created_at=_time(shape.get("createdAt")) or 0.0,
        target=shape.get("targetServiceRevisionArn"),
        finished_at=_time(shape.get("finishedAt")),
        reason=shape.get("statusReason"),
    )


def reality(
    service: Shape,
    history: Sequence[ServiceDeployment],
    versions: Mapping[str, Version],
    blind: Sequence[str],
    now: float,
    unread: Sequence[str] = (),
) -> Reality:
    """A service as DescribeServices shows it, with its service deployments."""
    tags = from_ecs(service.get("tags"))
    configuration = service.get("deploymentConfiguration") or {}
    alarms = configuration.get("alarms") or {}
    return Reality(
        service=service["serviceArn"],
        cluster=service.get("clusterArn", ""),
        at=now,
        status=service.get("status", "ACTIVE"),
        controller=(service.get("deploymentController") or {}).get("type", "ECS"),
        managed_by=_manager(service, tags),
        tags=tags,
        task_definition=service.get("taskDefinition"),
        desired=service.get("desiredCount", 0),
        running=service.get("runningCount", 0),
        deployments=tuple(ecs_deployment(one) for one in service.get("deployments", ())),
        current=service.get("currentServiceDeployment"),
        history=tuple(history),
        versions=dict(versions),
        alarm_names=tuple(alarms.get("alarmNames") or ()) if alarms.get("enable") else (),
        events=tuple(
            (_time(one.get("createdAt")) or 0.0, one.get("message", ""))
            for one in service.get("events", ())
        ),
        description=dict(service),
        blind=tuple(blind),
        unread=tuple(unread),
    )


def unseen(service: str, blind: Sequence[str], now: float) -> Reality:
    """A service that ECS does not show: deleted, unless we could not look."""
    arn = parse_arn(service)
    prefix = f"arn:{arn.partition}:ecs:{arn.region}:{arn.account}"
    cluster = f"{prefix}:cluster/{arn.cluster or 'default'}"
    return Reality(service, cluster, now, status="MISSING", blind=tuple(blind))


def _monitor(shape: Shape, configuration: Shape, name: str) -> Monitor | None:
    """The breaker or the alarms: whether ECS will roll back is only in the configuration."""
    configured = configuration.get(name) or {}
    shown = shape.get(name) or {}
    if not shown and not configured:
        return None
    status = shown.get("status") or ("MONITORING" if configured.get("enable") else "DISABLED")
    return Monitor(
        status=status,
        rollback=bool(configured.get("enable") and configured.get("rollback")),
        failures=shown.get("failureCount", 0),
        threshold=shown.get("threshold", 0),
        names=tuple(shown.get("alarmNames") or configured.get("alarmNames") or ()),
        triggered=tuple(shown.get("triggeredAlarmNames") or ()),
    )


def _hook(shape: Shape) -> Hook:
    return Hook(
        id=shape.get("hookId", ""),
        status=shape.get("status", ""),
        kind=shape.get("targetType", ""),
        expires_at=_time(shape.get("expiresAt")),
        on_timeout=shape.get("timeoutAction"),
    )


def ecs_deployment(shape: Shape) -> EcsDeployment:
    """One of the deployments of a service."""
    return EcsDeployment(
        id=shape.get("id", ""),
        status=shape.get("status", ""),
        task_definition=shape.get("taskDefinition", ""),
        created_at=_time(shape.get("createdAt")) or 0.0,
        rollout_state=shape.get("rolloutState"),
        reason=shape.get("rolloutStateReason"),
        failed_tasks=shape.get("failedTasks", 0),
        desired=shape.get("desiredCount", 0),
        running=shape.get("runningCount", 0),
        pending=shape.get("pendingCount", 0),
    )


def _manager(service: Shape, tags: Mapping[str, str]) -> str | None:
    if service.get("resourceManagementType") == "ECS":
        return "Amazon ECS (Express mode)"
    stack = tags.get(STACK_TAG)
    return f"CloudFormation (stack {stack})" if stack else None


def _time(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
