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
from sandbox.events.schedule_groups import DEFAULT_GROUP, ScheduleGroups

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
    modified: float
    appointment: Appointment | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.params.get("GroupName", DEFAULT_GROUP), self.params["Name"]


class Scheduler:
    """A simulator for botocore's service ``scheduler``."""

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
        self._schedules: dict[tuple[str, str], _Schedule] = {}
        self._groups = ScheduleGroups(clock, scope)

    def call(self, operation: str, params: Params, caller: Caller) -> Params:
        """Answer one API call."""
        del caller
        if operation in self._groups.operations:
            answer = self._groups.call(operation, params)
            if operation == "DeleteScheduleGroup":
                self._delete_all(params["Name"])
            return answer
        match operation:
            case "CreateSchedule":
                return self._create(params)
            case "UpdateSchedule":
                return self._put(params, self._get(params).created)
            case "GetSchedule":
                return self._shown(self._get(params))
            case "DeleteSchedule":
                self._forget(self._get(params))
                return {}
            case "ListSchedules":
                return self._list(params)
            case _:
                raise UnsupportedOperation(f"the sandbox does not simulate scheduler:{operation}")

    def _create(self, params: Params) -> Params:
        """With the client token of the first call, a second one answers like it."""
        group = self._groups.get(params.get("GroupName", DEFAULT_GROUP))
        there = self._schedules.get((group, params["Name"]))
        if there is None:
            return self._put(params, self._clock.now())
        token = params.get("ClientToken")
        if token is not None and there.params.get("ClientToken") == token:
            return {"ScheduleArn": there.arn}
        raise ApiError("ConflictException", f"Schedule {params['Name']} already exists.", 409)

    def _put(self, params: Params, created: float) -> Params:
        self._courier.check(params["Target"]["Arn"])
        group, name = params.get("GroupName", DEFAULT_GROUP), params["Name"]
        arn = f"arn:aws:scheduler:{self._region}:{self._account}:schedule/{group}/{name}"
        schedule = _Schedule(arn, params, created, self._clock.now())
        following = self._following(schedule)
        old = self._schedules.get(schedule.key)
        if old:
            self._disarm(old)
        self._schedules[schedule.key] = schedule
        if params.get("State", "ENABLED") == "ENABLED":
            self._arm(schedule, following, is_new=old is None)
        return {"ScheduleArn": arn}

    def _list(self, params: Params) -> Params:
        group, prefix = params.get("GroupName"), params.get("NamePrefix", "")
        found = [
            each
            for (in_group, name), each in self._schedules.items()
            if group in (None, in_group) and name.startswith(prefix)
        ]
        return {"Schedules": [self._summary(each) for each in found]}

    def _following(self, schedule: _Schedule) -> schedule_expression.Next:
        params = schedule.params
        start = _epoch(params.get("StartDate"))
        zone = ZoneInfo(params.get("ScheduleExpressionTimezone", "UTC"))
        # "You use the StartDate property to set the first occurrence"; without one a rate "starts
        # invoking the target immediately": from the schedule's creation on.
        return schedule_expression.parse(
            params["ScheduleExpression"],
            start=start or schedule.created,
            zone=zone,
            at_start=True,
        )

    def _arm(
        self,
        schedule: _Schedule,
        following: schedule_expression.Next,
        *,
        is_new: bool = False,
    ) -> None:
        start = _epoch(schedule.params.get("StartDate"))
        end = _epoch(schedule.params.get("EndDate"))
        after = max(self._clock.now(), (start or 0) - 1)
        if is_new and start is None and schedule.params["ScheduleExpression"].startswith("rate"):
            after -= 1
        when = following(after)
        if when is None or (end is not None and when > end):
            if schedule.params.get("ActionAfterCompletion") == "DELETE":
                self._schedules.pop(schedule.key, None)
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
        schedule = self._schedules.get((params.get("GroupName", DEFAULT_GROUP), params["Name"]))
        if schedule is None:
            message = f"Schedule {params['Name']} does not exist."
            raise ApiError("ResourceNotFoundException", message, 404)
        return schedule

    def _delete_all(self, group: str) -> None:
        for schedule in [each for each in self._schedules.values() if each.key[0] == group]:
            self._forget(schedule)

    def _forget(self, schedule: _Schedule) -> None:
        self._disarm(schedule)
        del self._schedules[schedule.key]

    def _disarm(self, schedule: _Schedule) -> None:
        if schedule.appointment:
            schedule.appointment.cancel()

    def _shown(self, schedule: _Schedule) -> Params:
        stored = {name: value for name, value in schedule.params.items() if name != "ClientToken"}
        defaults = {"State": "ENABLED", "GroupName": DEFAULT_GROUP}
        given = {
            "Arn": schedule.arn,
            "CreationDate": dt.datetime.fromtimestamp(schedule.created, dt.UTC),
            "LastModificationDate": dt.datetime.fromtimestamp(schedule.modified, dt.UTC),
        }
        return defaults | {"ActionAfterCompletion": "NONE"} | stored | given

    def _summary(self, schedule: _Schedule) -> Params:
        shown = self._shown(schedule)
        names = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate")
        target = {"Target": {"Arn": shown["Target"]["Arn"]}}
        return {name: shown[name] for name in names} | target


def _epoch(moment: dt.datetime | None) -> float | None:
    return moment.timestamp() if moment else None
