"""AWS retires tasks for patching: when, which, and what nobody but their owner would restart.

Tasks of services are replaced by ECS within their minimum healthy percent; standalone tasks just stop
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-maintenance.html). So people are told
the date, and standalone tasks whose own tag lets the toolkit do so are stopped in order beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ecsops import tags
from ecsops.alerts import Alert, NextStep, Table
from ecsops.arns import parse_arn
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Event, read_detail
from ecsops.events.health import TASK_RETIREMENT, HealthEvent
from spot_drain.storm import CAPABILITY

# Earlier than AWS begins, so that SIGTERM comes in order.
AHEAD_S = 3_600
# So long after that hour AWS has stopped the task, whatever kept the toolkit from it.
TOO_LATE_S = 86_400
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Retirement:
    """``services`` as (cluster, service); ``tasks`` by ARN; ``at`` in epoch seconds, if it is known."""

    key: str
    at: float | None
    services: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]
    is_closed: bool = False


def read_retirement(event: Event) -> Retirement | None:
    """The retirement that a Health event announces; None if it is about something else."""
    told = read_detail(event, HealthEvent)
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


def planned(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]]
) -> list[tuple[int, str]]:
    """(when, task ARN) of the standalone tasks that may have to be stopped beforehand.

    Whether their owner lets the toolkit do so is asked then: people are told to tag them by that day.
    """
    if retirement.at is None or retirement.is_closed:
        return []
    return [
        (int(retirement.at) - AHEAD_S, arn)
        for arn in retirement.tasks
        if arn in described and not _is_of_a_service(described[arn])
    ]


def is_opted_in(task: Mapping[str, Any]) -> bool:
    """Whether a standalone task's own tag lets the toolkit stop it."""
    mode, _ = tags.SPOT_DRAIN.read(tags.from_ecs(task.get("tags")), "off")
    return mode == "on" and not _is_of_a_service(task)


def _is_of_a_service(task: Mapping[str, Any]) -> bool:
    return str(task.get("group") or "").startswith("service:")


def retirement_alert(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]], now: float, mode: str
) -> Alert:
    """The date, what AWS does by itself, and what is left to do."""
    will_stop = {
        arn
        for _, arn in planned(retirement, described)
        if mode == "on" and is_opted_in(described[arn])
    }
    rows = [
        (f"{cluster}/{service}", "service", "ECS replaces its tasks, within their minimum healthy")
        for cluster, service in retirement.services
    ]
    left = []
    for arn in retirement.tasks:
        task = described.get(arn, {})
        group = str(task.get("group") or "")
        name = f"{parse_arn(arn).cluster or 'default'}/{parse_arn(arn).name}"
        if group.startswith("service:"):
            what = "ECS replaces it, within its service's minimum healthy"
        elif arn in will_stop:
            what = "the toolkit stops it in order an hour before"
        else:
            what = "stops, and nobody starts it again"
            left.append(arn)
        rows.append((name, group or "task", what))
    day = "on a day that AWS did not tell" if retirement.at is None else f"on {_day(retirement.at)}"
    title = f"AWS retires {_count(len(rows), 'entry', 'entries')} {day}"
    return Alert(
        incident=f"{CAPABILITY}/retirement/{retirement.key}",
        stage="closed" if retirement.is_closed else f"planned-{int(retirement.at or 0)}",
        severity="warning" if left and not retirement.is_closed else "info",
        state="open" if left and not retirement.is_closed else "resolved",
        at=now,
        capability=CAPABILITY,
        title=f"{title}: is over" if retirement.is_closed else title,
        summary=(
            f"AWS patches the platform under these tasks and stops them {day}. "
            + (
                f"{_count(len(left), 'standalone task')} will not come back by themselves."
                if left
                else "Nothing is left for you to do."
            )
        ),
        evidence=(Table("Concerned", ("what", "kind", "what happens"), tuple(rows[:_SHOWN])),),
        next_steps=_steps(left),
        resources=retirement.tasks[:_SHOWN],
    )


def _steps(left: Sequence[str]) -> tuple[NextStep, ...]:
    if not left:
        return ()
    return (
        NextStep(
            "Start these tasks anew before that day, or let the toolkit stop them in order:",
            command=(
                f"aws ecs tag-resource --resource-arn {left[0]} "
                "--tags key=ecs-ops:spot-drain,value=on"
            ),
        ),
    )


def _time(text: str | None) -> float | None:
    # AWS Health writes RFC 1123 times; a form nobody knows is as good as none.
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError):
        return None


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %Y-%m-%d %H:%M UTC")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
