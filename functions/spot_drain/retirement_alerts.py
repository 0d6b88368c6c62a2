"""What people are told of a retirement: the date, what AWS does by itself, what is left to do; its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from ecsops.alerts import Alert, NextStep, Table
from ecsops.arns import parse_arn
from ecsops.wording import agreeing, counted
from spot_drain.retirement import Retirement, stopped_by_us
from spot_drain.storm import CAPABILITY

_SHOWN = 50


def retirement_alert(
    retirement: Retirement,
    described: Mapping[str, Mapping[str, Any]],
    left: Sequence[str],
    now: float,
    mode: str,
) -> Alert:
    """The date, what AWS does by itself, and what is left to do: ``left``, other pages' tasks too."""
    will_stop = stopped_by_us(retirement, described, mode)
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


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %Y-%m-%d %H:%M UTC")
