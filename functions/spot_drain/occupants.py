"""The tasks on instances that go away, together with what their services and tags say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecsops import tags
from ecsops.errors import CallFailed
from spot_drain.aws import Aws, ServiceKey
from spot_drain.instance_tasks import InstanceTasks, task_id
from spot_drain.interruption import Interruption
from spot_drain.plan import DEFAULT_STOP_TIMEOUT_S, Occupant
from spot_drain.targets import Service
from spot_drain.trust import as_described
from spot_drain.watching import Watched

_SERVICE_GROUP = "service:"


@dataclass(frozen=True, slots=True)
class Task:
    """A task on an instance; ``one`` and ``service`` are how the rest of draining knows it."""

    occupant: Occupant
    one: Interruption
    service: Service | None

    def was_moved(self, since: float) -> bool:
        """Whether ECS has stopped a service's task before anybody else had to.

        ECS lists what has stopped in the last hour: not what a deployment or a crash ended before.
        """
        has_stopped = self.service is not None and self.occupant.has_stopped
        return has_stopped and not self.occupant.goes_anyway(since)


@dataclass(slots=True)
class Occupants:
    """By the key of what is watched; ``failed``: of which nothing is known now."""

    tasks: dict[str, list[Task]] = field(default_factory=dict)
    failed: dict[str, CallFailed] = field(default_factory=dict)


def occupants_of(
    watched: Sequence[Watched], aws: Aws, ecs_tasks: InstanceTasks, *, retried: bool, now: float
) -> Occupants:
    """Describe every task that is watched, as it is now."""
    result = Occupants()
    by_cluster: dict[str, list[str]] = {}
    for each in watched:
        by_cluster.setdefault(each.cluster_arn, []).extend(each.tasks)
    known = ecs_tasks.describe({c: sorted(set(t)) for c, t in by_cluster.items() if t})
    services = aws.services(_keys(watched, known), now=now)
    running = [t for t in known.values() if not isinstance(t, CallFailed)]
    timeouts = ecs_tasks.stop_timeouts(
        t["taskDefinitionArn"] for t in running if t.get("taskDefinitionArn")
    )
    for each in watched:
        tasks: list[Task] = []
        for arn in each.tasks:
            task = known.get(task_id(arn))
            if isinstance(task, CallFailed):
                result.failed[each.key] = task
            elif task is not None:  # a task that ECS has forgotten stopped long ago
                key = _key(each.cluster_arn, task)
                service = services.get(key) if key else None
                if isinstance(service, CallFailed):
                    result.failed[each.key] = service
                    continue
                one = _as_interruption(each, arn, task, retried=retried, now=now)
                tasks.append(Task(_occupant(arn, task, service, timeouts), one, service))
        result.tasks[each.key] = tasks
    return result


def _keys(
    watched: Iterable[Watched], known: Mapping[str, dict[str, Any] | CallFailed]
) -> set[ServiceKey]:
    keys: set[ServiceKey] = set()
    for each in watched:
        for arn in each.tasks:
            task = known.get(task_id(arn))
            if isinstance(task, dict) and (key := _key(each.cluster_arn, task)):
                keys.add(key)
    return keys


def _key(cluster_arn: str, task: Mapping[str, Any]) -> ServiceKey | None:
    group = task.get("group") or ""
    if not group.startswith(_SERVICE_GROUP):
        return None
    name = group.removeprefix(_SERVICE_GROUP)
    return ServiceKey(cluster_arn, name, task.get("startedBy") or "")


def _occupant(
    arn: str, task: Mapping[str, Any], service: Service | None, timeouts: Mapping[str, int]
) -> Occupant:
    # A standalone task belongs to nobody who could restart it: only its own tag lets it be stopped.
    own, _ = tags.SPOT_DRAIN.read(tags.from_ecs(task.get("tags")), "off")
    ending = task.get("stoppingAt") or task.get("stoppedAt")
    return Occupant(
        arn,
        task.get("lastStatus", ""),
        task.get("desiredStatus", ""),
        timeouts.get(task.get("taskDefinitionArn", ""), DEFAULT_STOP_TIMEOUT_S),
        service.mode if service else own,
        is_daemon=service is not None and service.is_daemon,
        is_standalone=service is None,
        ending_since=ending.timestamp() if ending else None,
    )


def _as_interruption(
    watched: Watched, arn: str, task: Mapping[str, Any], *, retried: bool, now: float
) -> Interruption:
    bare = Interruption(
        task_arn=arn,
        cluster_arn=watched.cluster_arn,
        service_name="",
        started_by="",
        ipv4=(),
        ipv6=(),
        at=watched.began_at,
        seen_at=now,
        version=0,
        message_ids=(),
        retried=retried,
        instance_arn=watched.arn,
        instance_id="",
        place=watched.place,
    )
    one = as_described(bare, task, now)
    return one if one.has_address else replace(one, instance_id=watched.instance_id)
