"""AWS retires tasks for patching: when, which, and what nobody but their owner would restart.

Tasks of services are replaced by ECS within their minimum healthy percent; standalone tasks just stop
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-maintenance.html). So people are told
the date, and standalone tasks whose own tag lets the toolkit do so are stopped in order beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any

from ecsops import tags
from ecsops.alerts import Alert, NextStep, Table
from ecsops.arns import parse_arn
from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Event, read_detail
from ecsops.events.health import SCHEDULED_CHANGE, TASK_RETIREMENT, HealthEvent
from ecsops.wording import agreeing, counted
from spot_drain.storm import CAPABILITY

# Earlier than AWS begins, so that SIGTERM comes in order; the tick that does it comes once an hour.
AHEAD_S = 7_200
# So long after that hour AWS has stopped the task, whatever kept the toolkit from it.
TOO_LATE_S = 86_400
_SHOWN = 50
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
    handled = _stopped_by_us(retirement, described, mode)
    return tuple(
        arn
        for arn in retirement.tasks
        if arn not in handled and not _is_of_a_service(described.get(arn, {}))
    )


def _stopped_by_us(
    retirement: Retirement, described: Mapping[str, Mapping[str, Any]], mode: str
) -> set[str]:
    return {
        arn
        for _, arn in planned(retirement, described)
        if mode == "on" and arn in described and is_opted_in(described[arn])
    }


def retirement_alert(
    retirement: Retirement,
    described: Mapping[str, Mapping[str, Any]],
    left: Sequence[str],
    now: float,
    mode: str,
) -> Alert:
    """The date, what AWS does by itself, and what is left to do: ``left``, other pages' tasks too."""
    will_stop = _stopped_by_us(retirement, described, mode)
    rows = [
        (f"{cluster}/{service}", "service", "ECS replaces its tasks, within their minimum healthy")
        for cluster, service in retirement.services
    ]
    drains = mode == "on" and retirement.ends and retirement.at is not None
    then = "the toolkit drains it one to two hours before" if drains else "is left to you"
    rows += [(each, "instance", then) for each in retirement.instances]
    for arn in retirement.tasks:
        task = described.get(arn, {})
        group = str(task.get("group") or "")
        name = f"{parse_arn(arn).cluster or 'default'}/{parse_arn(arn).name}"
        if group.startswith("service:"):
            what = "ECS replaces it, within its service's minimum healthy"
        elif not retirement.ends:
            what = "is disturbed with its instance"
        elif arn in will_stop:
            what = "the toolkit stops it in order one to two hours before"
        else:
            what = "stops, and nobody starts it again"
        rows.append((name, group or "task", what))
    day = "on a day that AWS did not tell" if retirement.at is None else f"on {_day(retirement.at)}"
    title = f"AWS retires {counted(len(rows), 'entry', 'entries')} {day}"
    if retirement.instances:
        does = "retires" if retirement.ends else "works on"
        title = f"AWS {does} {counted(len(retirement.instances), 'container instance')} {day}"
    return Alert(
        incident=_incident(retirement.key),
        stage=f"{'closed' if retirement.is_closed else 'planned'}-{_digest(retirement)}",
        severity="warning" if left or not (retirement.ends or retirement.is_closed) else "info",
        state="open" if left else "resolved",
        at=now,
        capability=CAPABILITY,
        title=f"{title}: is over" if retirement.is_closed else title,
        summary=(f"{_cause(retirement)} {day}. {_left_to_do(retirement, left)}"),
        evidence=(Table("Concerned", ("what", "kind", "what happens"), tuple(rows[:_SHOWN])),),
        next_steps=_steps(left),
        resources=retirement.tasks[:_SHOWN],
    )


def retirement_over_alert(key: str, running: Sequence[str], now: float) -> Alert:
    """Its tasks have stopped, or its day is long past; AWS need not say that it is over."""
    return Alert(
        incident=_incident(key),
        stage="over",
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title="A retirement of tasks is over",
        summary=(
            f"Its day is past. {counted(len(running), 'task')} that AWS named still "
            f"{agreeing(len(running), 'runs: AWS may retire it', 'run: AWS may retire them')} another "
            "day, and will say so."
            if running
            else "The standalone tasks that AWS was to retire have stopped. Nobody has started them again."
        ),
        resources=tuple(running[:_SHOWN]),
    )


def _cause(retirement: Retirement) -> str:
    if not retirement.instances:
        return "AWS patches the platform under these tasks and stops them"
    if retirement.ends:
        return "AWS takes these instances away"
    return "AWS reboots these instances, or disturbs them otherwise, with the tasks on them,"


def _left_to_do(retirement: Retirement, left: Sequence[str]) -> str:
    if left:
        selves = agreeing(len(left), "itself", "themselves")
        return f"{counted(len(left), 'standalone task')} will not come back by {selves}."
    if retirement.ends or retirement.is_closed:
        return "Nothing is left for you to do."
    return "The toolkit does nothing: replace them before, or let it happen."


def _digest(retirement: Retirement) -> str:
    # Pages and reminders of one notice name other things: each is told.
    named = f"{retirement.at}|{retirement.services}|{retirement.tasks}|{retirement.instances}"
    return sha256(named.encode()).hexdigest()[:16]


def _incident(key: str) -> str:
    return f"{CAPABILITY}/retirement/{key}"


def _steps(left: Sequence[str]) -> tuple[NextStep, ...]:
    if not left:
        return ()
    return (
        NextStep(
            agreeing(len(left), "Start this task", "Start these tasks")
            + " anew before that day, or let "
            f"the toolkit stop {agreeing(len(left), 'it', 'them')} in order:",
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
