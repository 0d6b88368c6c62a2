"""``rate(5 minutes)``, ``cron(0 3 * * ? *)``, ``at(2026-01-05T09:00:00)``: when next? Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from ecsops.errors import InvalidSetting

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
DAYS_TO_LOOK_AHEAD = 366 * 8  # a 29 February is at most eight years away

Next = Callable[[float], float | None]


def parse(
    expression: str, *, start: float, zone: dt.tzinfo = dt.UTC, at_start: bool = False
) -> Next:
    """Give a function that tells the first time after a given one, or None when there is none.

    A rate counts from ``start``: the creation of the rule, or the schedule's own start date. A rule's first
    time is one period later; a schedule's (``at_start``) is its start, or earlier for who asks earlier.
    """
    found = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression.strip())
    if not found:
        raise _invalid(expression)
    kind, body = found.groups()
    if kind == "rate":
        return _rate(body, start, -math.inf if at_start else 1)
    if kind == "at":
        return _at(body, zone)
    return _Cron.parse(body, zone).next_after


def _invalid(expression: str) -> InvalidSetting:
    return InvalidSetting(f"{expression!r} is no schedule expression of EventBridge")


def _rate(body: str, start: float, first: float) -> Next:
    found = re.fullmatch(r"([1-9]\d*) (minute|hour|day)(s?)", body)
    # "rate(1 minutes)" and "rate(5 minute)" are refused: the unit agrees with its value.
    if not found or (found[1] == "1") == (found[3] == "s"):
        raise _invalid(f"rate({body})")
    period = int(found[1]) * UNITS[found[2]]
    return lambda after: start + max(first, int((after - start) // period) + 1) * period


def _at(body: str, zone: dt.tzinfo) -> Next:
    try:
        local = dt.datetime.strptime(body, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone)
    except ValueError as error:
        raise _invalid(f"at({body})") from error
    when = local.timestamp()
    return lambda after: when if when > after else None


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]
    zone: dt.tzinfo

    @classmethod
    def parse(cls, body: str, zone: dt.tzinfo) -> _Cron:
        fields = body.upper().split()
        if len(fields) != 6:
            raise _invalid(f"cron({body})")
        minutes, hours, month_days, months, weekdays, years = fields
        # One of the two day fields must be "?": EventBridge does not combine them.
        if (month_days == "?") == (weekdays == "?"):
            raise _invalid(f"cron({body})")
        try:
            cron = cls(
                _numbers(minutes, 0, 59),
                _numbers(hours, 0, 23),
                month_days,
                _numbers(months, 1, 12, MONTHS),
                weekdays,
                _numbers(years, 1970, 2199),
                zone,
            )
            cron.days_of(2026, 1)
        except ValueError as error:
            raise _invalid(f"cron({body})") from error
        return cron

    def next_after(self, after: float) -> float | None:
        """The first whole minute after ``after`` that the expression names."""
        local = dt.datetime.fromtimestamp(after, self.zone)
        day = local.date()
        for _ in range(DAYS_TO_LOOK_AHEAD):
            if self._names(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        wanted = dt.datetime.combine(day, dt.time(hour, minute))
                        when = wanted.replace(tzinfo=self.zone).timestamp()
                        if when > after and self._is_there(wanted, when):
                            return when
            day += dt.timedelta(days=1)
        return None

    def _is_there(self, wanted: dt.datetime, when: float) -> bool:
        """A time that the clocks skip in spring brings no invocation (schedule-types, daylight savings)."""
        return dt.datetime.fromtimestamp(when, self.zone).replace(tzinfo=None) == wanted

    def _names(self, day: dt.date) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and day.day in self.days_of(day.year, day.month)
        )

    def days_of(self, year: int, month: int) -> frozenset[int]:
        """The days of a month that the expression names."""
        if self.weekdays == "?":
            return _month_days(self.month_days, year, month)
        return _week_days(self.weekdays, year, month)


def _numbers(
    field: str, low: int, high: int, names: dict[str, int] | None = None
) -> frozenset[int]:
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _number(first, names)
            end = _number(last, names) if last else (high if step else start)
        if not low <= start <= high or not low <= end <= high or (step and int(step) < 1):
            raise ValueError(field)
        chosen = (
            range(start, end + 1)
            if start <= end
            else [*range(start, high + 1), *range(low, end + 1)]
        )
        numbers.update(list(chosen)[:: int(step or 1)])
    return frozenset(numbers)


def _number(text: str, names: dict[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)


def _month_days(field: str, year: int, month: int) -> frozenset[int]:
    last = calendar.monthrange(year, month)[1]
    if field == "L":
        return frozenset({last})
    if field == "LW" or field.endswith("W"):
        wanted = last if field == "LW" else min(int(field[:-1]), last)
        return frozenset({_nearest_weekday(year, month, wanted, last)})
    return frozenset(day for day in _numbers(field, 1, 31) if day <= last)


def _nearest_weekday(year: int, month: int, day: int, last: int) -> int:
    """The working day nearest to ``day`` that lies in the same month."""
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _week_days(field: str, year: int, month: int) -> frozenset[int]:
    last = calendar.monthrange(year, month)[1]
    by_weekday: dict[int, list[int]] = {number: [] for number in WEEKDAYS.values()}
    for day in range(1, last + 1):
        by_weekday[(calendar.weekday(year, month, day) + 1) % 7 + 1].append(day)
    if "#" in field:
        name, _, nth = field.partition("#")
        days = by_weekday[_number(name, WEEKDAYS)]
        return frozenset(days[int(nth) - 1 : int(nth)])
    if field.endswith("L"):
        return frozenset(by_weekday[_number(field[:-1] or "SAT", WEEKDAYS)][-1:])
    wanted = _numbers(field, 1, 7, WEEKDAYS)
    return frozenset(day for number in wanted for day in by_weekday[number])
