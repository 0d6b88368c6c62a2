"""Whether what was told of a task still holds when it is acted on: its address may change hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from ecsops.errors import CallFailed
from ecsops.events.task_state import TaskStateChange
from spot_drain.interruption import Interruption, bindings_of, place_of

if TYPE_CHECKING:
    from spot_drain.gateway import Gateway
    from spot_drain.targets import Service

STOPPED = frozenset({"STOPPED", "DELETED"})
_TASK_FIELDS = (
    "group",
    "startedBy",
    "attachments",
    "containers",
    "containerInstanceArn",
    "availabilityZone",
    "capacityProviderName",
    "cpu",
    "memory",
)


@dataclass(slots=True)
class Trusted:
    """Tasks that may be acted on, as they are now; those that stopped; those ECS does not answer for."""

    alive: list[tuple[Interruption, Service]] = field(default_factory=list)
    gone: list[tuple[Interruption, Service]] = field(default_factory=list)
    failed: dict[Interruption, CallFailed] = field(default_factory=dict)


def still_trusted(
    behind: Sequence[tuple[Interruption, Service]], aws: Gateway, now: float
) -> Trusted:
    """Ask ECS again about tasks whose news grew old while earlier calls took their time.

    Asked last, right before the act: however long it takes, the answer that comes is a new one.
    """
    later = now + aws.time_since(now)
    by_cluster: dict[str, list[str]] = {}
    for one, service in behind:
        if service.mode == "on" and not one.is_fresh(later):
            by_cluster.setdefault(one.cluster_arn, []).append(one.task_arn)
    aged = {arn for arns in by_cluster.values() for arn in arns}
    known = aws.tasks(by_cluster) if aged else {}
    result = Trusted()
    for one, service in behind:
        task = known.get(one.task_arn)
        if one.task_arn not in aged:
            result.alive.append((one, service))
        elif isinstance(task, CallFailed):
            result.failed[one] = task
        elif task is None or task.get("lastStatus") in STOPPED:
            result.gone.append((one, service))
        else:
            result.alive.append((as_described(one, task, later), service))
    return result


def as_described(one: Interruption, task: Mapping[str, Any], now: float) -> Interruption:
    """What ECS says of a task right now, in the place of what its event said."""
    told = {name: task[name] for name in _TASK_FIELDS if name in task}
    described = msgspec.convert(
        {
            "taskArn": one.task_arn,
            "clusterArn": one.cluster_arn,
            "desiredStatus": "STOPPED",
            "lastStatus": task.get("lastStatus", ""),
            **told,
        },
        TaskStateChange,
    )
    return replace(
        one,
        service_name=one.service_name or described.service_name,
        started_by=one.started_by or described.started_by or "",
        seen_at=now,
        ipv4=described.ipv4_addresses or one.ipv4,
        ipv6=described.ipv6_addresses or one.ipv6,
        instance_arn=described.container_instance_arn or one.instance_arn,
        bindings=bindings_of(described) or one.bindings,
        place=one.place or place_of(described),
    )
