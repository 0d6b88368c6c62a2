"""AWS retires tasks for patching: when, which, and what nobody but their owner would restart.

Tasks of services are replaced by ECS within their minimum healthy percent; standalone tasks just stop
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-maintenance.html). So people are told
the date, and standalone tasks whose own tag lets the toolkit do so are stopped in order beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from ecsops import tags
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Event, read_detail
from ecsops.events.health import SCHEDULED_CHANGE, TASK_RETIREMENT, HealthEvent

# Earlier than AWS begins, so that SIGTERM comes in order; the tick that does it comes once an hour.
AHEAD_S = 7_200
# So long after that hour AWS has stopped the task, whatever kept the toolkit from it.
TOO_LATE_S = 86_400
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}", re.ASCII)
# After a reboot or a repair of the network an instance goes on: nobody would set it back to ACTIVE.
_ENDING = ("RETIREMENT", "STOP", "TERMINAT")


@dataclass(frozen=True, slots=True)
class Retirement:
    """``services`` as (cluster, service); ``tasks`` by ARN; ``at`` in epoch seconds, if it is known.

    ``instances`` are EC2's: with ``ends`` they go away, else AWS reboots or otherwise disturbs them.
    """

    key: str
    at: float | None
    services: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]
    is_closed: bool = False
    instances: tuple[str, ...] = ()
    ends: bool = True


def read_retirement(event: Event) -> Retirement | None:
    """The retirement that a Health event announces; None if it is about something else."""
    told = read_detail(event, HealthEvent)
    if told.service == "EC2" and told.event_type_category == SCHEDULED_CHANGE:
        return _of_instances(event, told)
    if told.event_type_code != TASK_RETIREMENT:
        return None
    services, tasks = [], []
    for entity in told.affected_entities or ():
        cluster, bar, service = entity.entity_value.partition("|")
        if entity.entity_value.startswith("arn:") and ":task/" in entity.entity_value:
            tasks.append(entity.entity_value)
        elif bar:
            services.append((cluster.rpartition("/")[2], service))
    if not services and not tasks:
        raise InvalidMessage("$.detail.affectedEntities", "expected services or tasks")
    return Retirement(
        key=told.event_arn or event.id,
        at=_time(told.start_time),
        services=tuple(sorted(set(services))),
        tasks=tuple(sorted(set(tasks))),
        is_closed=told.status_code == "closed",
    )


def _of_instances(event: Event, told: HealthEvent) -> Retirement | None:
    """Scheduled events of instances; of hosts and other things of EC2, None.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html
    """
    entities = {each.entity_value for each in told.affected_entities or ()}
    instances = tuple(sorted(each for each in entities if _INSTANCE.fullmatch(each)))
    if not instances:
        return None
    return Retirement(
        key=told.event_arn or event.id,
        at=_time(told.start_time),
        services=(),
        tasks=(),
        is_closed=told.status_code == "closed",
        instances=instances,
        ends=any(word in told.event_type_code for word in _ENDING),
    )


def planned(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]]
) -> list[tuple[int, str]]:
    """(when, ARN) of the standalone tasks that may have to be stopped beforehand; instances by id.

    Whether their owner lets the toolkit do so is asked then: people are told to tag them by that day.
    """
    if retirement.at is None or retirement.is_closed or not retirement.ends:
        return []
    tasks = [
        arn for arn in retirement.tasks if arn in described and not _is_of_a_service(described[arn])
    ]
    return [(int(retirement.at) - AHEAD_S, each) for each in (*retirement.instances, *tasks)]


def is_opted_in(task: Mapping[str, Any]) -> bool:
    """Whether a standalone task's own tag lets the toolkit stop it."""
    mode, _ = tags.SPOT_DRAIN.read(tags.from_ecs(task.get("tags")), "off")
    return mode == "on" and not _is_of_a_service(task)


def _is_of_a_service(task: Mapping[str, Any]) -> bool:
    return str(task.get("group") or "").startswith("service:")


def merge(retirements: Iterable[Retirement]) -> Retirement:
    """The pages of one notice, told together: "totalPages" of AWS Health's event pagination."""
    pages = list(retirements)
    return replace(
        pages[0],
        services=tuple(sorted({each for page in pages for each in page.services})),
        tasks=tuple(sorted({each for page in pages for each in page.tasks})),
        instances=tuple(sorted({each for page in pages for each in page.instances})),
    )


def left_to_people(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]], mode: str
) -> tuple[str, ...]:
    """The tasks that stop, and that nobody starts again or stops in order; none once it is closed."""
    if retirement.is_closed or not retirement.ends:
        return ()
    handled = stopped_by_us(retirement, described, mode)
    return tuple(
        arn
        for arn in retirement.tasks
        if arn not in handled and not _is_of_a_service(described.get(arn, {}))
    )


def stopped_by_us(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]], mode: str
) -> set[str]:
    """The tasks that the toolkit stops in order before that day, as their owner lets it now."""
    return {
        arn
        for _, arn in planned(retirement, described)
        if mode == "on" and arn in described and is_opted_in(described[arn])
    }


def _time(text: str | None) -> float | None:
    # AWS Health writes RFC 1123 times; a form nobody knows is as good as none.
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError):
        return None
