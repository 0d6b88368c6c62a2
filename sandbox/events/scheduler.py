"""EventBridge Scheduler: schedules that call a target as a role.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.events import schedule_expression
from sandbox.events.delivery import Courier, Parcel

if TYPE_CHECKING:
    import random

    from sandbox.caller import Caller
    from sandbox.clock import Appointment, Clock
    from sandbox.trace import Trace

Params = dict[str, Any]
INVOCATION_LATENCY_S = 0.2  # "60-second precision" is all AWS promises; assumed


@dataclass(slots=True)
class _Schedule:
    arn: str
    params: Params
    created: float
    appointment: Appointment | None = None


class Scheduler:
    """A simulator for botocore's service ``scheduler``, with the default group."""

    def __init__(
        self,
        clock: Clock,
        trace: Trace,
        courier: Courier,
        rng: random.Random,
        scope: tuple[str, str],
    ) -> None:
        """Start without schedules; ``scope`` is the account and the Region."""
        self._clock = clock
        self._trace = trace
        self._courier = courier
        self._rng = rng
        self._account, self._region = scope
        self._schedules: dict[str, _Schedule] = {}

    def call(self, operation: str, params: Params, caller: Caller) -> Params:
        """Answer one API call."""
        del caller
        if params.get("GroupName", "default") != "default":
            raise UnsupportedOperation("the sandbox knows only the default schedule group")
        match operation:
            case "CreateSchedule":
                return self._create(params)
            case "UpdateSchedule":
                return self._put(params, self._get(params).created)
            case "GetSchedule":
                return self._shown(self._get(params))
            case "DeleteSchedule":
                self._disarm(self._get(params))
                del self._schedules[params["Name"]]
                return {}
            case "ListSchedules":
                return {"Schedules": [self._summary(s) for s in self._schedules.values()]}
            case _:
                raise UnsupportedOperation(f"the sandbox does not simulate scheduler:{operation}")

    def _create(self, params: Params) -> Params:
        if params["Name"] in self._schedules:
            raise ApiError("ConflictException", f"Schedule {params['Name']} already exists.", 409)
        return self._put(params, self._clock.now())

    def _put(self, params: Params, created: float) -> Params:
        self._courier.check(params["Target"]["Arn"])
        old = self._schedules.get(params["Name"])
        if old:
            self._disarm(old)
        arn = f"arn:aws:scheduler:{self._region}:{self._account}:schedule/default/{params['Name']}"
        schedule = _Schedule(arn, params, created)
        following = self._following(schedule)
        self._schedules[params["Name"]] = schedule
        if params.get("State", "ENABLED") == "ENABLED":
            self._arm(schedule, following)
        return {"ScheduleArn": arn}

    def _following(self, schedule: _Schedule) -> schedule_expression.Next:
        params = schedule.params
        start = _epoch(params.get("StartDate"))
        zone = ZoneInfo(params.get("ScheduleExpressionTimezone", "UTC"))
        # A rate without a StartDate counts from the schedule's creation.
        return schedule_expression.parse(
            params["ScheduleExpression"], start=start or schedule.created, zone=zone
        )

    def _arm(self, schedule: _Schedule, following: schedule_expression.Next) -> None:
        start = _epoch(schedule.params.get("StartDate"))
        end = _epoch(schedule.params.get("EndDate"))
        when = following(max(self._clock.now(), (start or 0) - 1))
        if when is None or (end is not None and when > end):
            return

        def fire() -> None:
            self._fire(schedule, when)
            self._arm(schedule, following)

        window = schedule.params["FlexibleTimeWindow"]
        late = (
            60.0 * window.get("MaximumWindowInMinutes", 0) if window["Mode"] == "FLEXIBLE" else 0.0
        )
        schedule.appointment = self._clock.call_at(
            when + self._rng.uniform(0, late), fire, label=f"schedule {schedule.params['Name']}"
        )

    def _fire(self, schedule: _Schedule, when: float) -> None:
        execution = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        scheduled = dt.datetime.fromtimestamp(when, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        target = schedule.params["Target"]
        # A schedule without an input sends "{}" to Lambda and SQS.
        body = str(target.get("Input", "{}"))
        for word, value in (
            ("<aws.scheduler.schedule-arn>", schedule.arn),
            ("<aws.scheduler.scheduled-time>", scheduled),
            ("<aws.scheduler.execution-id>", execution),
            ("<aws.scheduler.attempt-number>", "1"),
        ):
            body = body.replace(word, value)
        self._trace.add("rule", rule=schedule.params["Name"], bus=None, event_id=execution)
        parcel = Parcel(target, body, schedule.arn, "scheduler.amazonaws.com", execution)
        self._courier.deliver(parcel, INVOCATION_LATENCY_S)

    def _get(self, params: Params) -> _Schedule:
        schedule = self._schedules.get(params["Name"])
        if schedule is None:
            message = f"Schedule {params['Name']} does not exist."
            raise ApiError("ResourceNotFoundException", message, 404)
        return schedule

    def _disarm(self, schedule: _Schedule) -> None:
        if schedule.appointment:
            schedule.appointment.cancel()

    def _shown(self, schedule: _Schedule) -> Params:
        stored = {name: value for name, value in schedule.params.items() if name != "ClientToken"}
        return {"State": "ENABLED", "GroupName": "default"} | stored | {"Arn": schedule.arn}

    def _summary(self, schedule: _Schedule) -> Params:
        shown = self._shown(schedule)
        names = ("Arn", "Name", "GroupName", "State")
        target = {"Target": {"Arn": shown["Target"]["Arn"]}}
        return {name: shown[name] for name in names} | target


def _epoch(moment: dt.datetime | None) -> float | None:
    return moment.timestamp() if moment else None
