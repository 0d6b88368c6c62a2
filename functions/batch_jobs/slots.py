"""Which slots of a schedule came and went without a run, and which of them are made up for. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecsops import schedule_expression
from ecsops.errors import InvalidSetting

# As many as a CronJob counts before it warns: more say that nobody has looked for long.
TOO_MANY = 100
_MOST = 10_000
# "All schedule types invoke their targets with 60 second precision."
_SECONDS_APART = 60
_EVERY_YEAR = re.compile(r"cron\(.+\*\s*\)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is due. A rate counts from ``start``; slots up to ``since`` are nobody's business."""

    expression: str
    zone: str = "UTC"
    start: float = 0.0
    end: float | None = None
    since: float = 0.0
    modified: float = 0.0


def schedule_of(described: Mapping[str, Any], last_slot: float | None, now: float) -> Schedule:
    """A schedule as GetSchedule describes it; what does not say when it was made counts from now on.

    A rate's first slot is its StartDate, or its creation (schedule-types in the Scheduler user guide).
    How exactly it counts from there nobody says: so from the last slot that came, once one did.
    """
    created = _moment(described, "CreationDate", now)
    modified = _moment(described, "LastModificationDate", created)
    start = _moment(described, "StartDate", -math.inf)
    is_rate = described["ScheduleExpression"].strip().startswith("rate")
    is_new = is_rate and start == -math.inf and modified <= created
    # The start itself is a slot; after any other change the next one is.
    since = max(start - 1, modified - is_new)
    if last_slot is not None and last_slot >= modified - _SECONDS_APART:
        start = last_slot
    return Schedule(
        described["ScheduleExpression"],
        described.get("ScheduleExpressionTimezone") or "UTC",
        created if start == -math.inf else start,
        _moment(described, "EndDate", math.inf),
        since,
        modified,
    )


@dataclass(frozen=True, slots=True)
class Unmet:
    """Slots to run now, and slots that are recorded as missed."""

    run: tuple[float, ...] = ()
    missed: tuple[float, ...] = ()
    too_many: bool = False


def unmet(
    lost: Sequence[float],
    newest: float,
    now: float,
    *,
    catch_up: str,
    limit: int,
    deadline_s: float | None,
) -> Unmet:
    """What is to happen to slots that brought no run, oldest first; ``newest`` is due by now.

    A starting deadline moves where the count begins, as it does for a CronJob: what is older is missed,
    and nobody is warned of its number. The latest is not run once a later one is due.
    """
    late = [slot for slot in lost if deadline_s is not None and now - slot > deadline_s]
    fresh = lost[len(late) :]
    overtaken = bool(fresh) and fresh[-1] < newest
    most = {"none": 0, "latest": 0 if overtaken else 1, "all": limit}[catch_up]
    run = fresh[len(fresh) - min(most, len(fresh)) :]
    missed = [*late, *fresh[: len(fresh) - len(run)]]
    return Unmet(tuple(run), tuple(missed), len(fresh) > TOO_MANY)


def due(schedule: Schedule, after: float, until: float) -> list[float]:
    """The slots of a schedule in a time, oldest first; raises ``InvalidSetting``."""
    after = max(after, schedule.since)
    # Only a schedule of a job asks for it: not in every cold start.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidSetting(
            f"{schedule.zone!r} is no time zone: write one like Europe/Berlin"
        ) from None
    following = schedule_expression.parse(
        schedule.expression, start=schedule.start, zone=zone, at_start=True
    )
    found: list[float] = []
    slot = following(after)
    if slot is None and _EVERY_YEAR.fullmatch(schedule.expression.strip()):
        raise InvalidSetting(f"{schedule.expression} names a day that never comes")
    while slot is not None and slot <= until and (schedule.end is None or slot <= schedule.end):
        found.append(slot)
        if len(found) > _MOST:
            found = found[len(found) // 2 :]
        slot = following(slot)
    return found


def _moment(described: Mapping[str, Any], name: str, otherwise: float) -> float:
    known = described.get(name)
    return known.timestamp() if isinstance(known, datetime) else otherwise
