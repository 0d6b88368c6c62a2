"""The states of alarms: moto keeps the alarms, a change of state is an event.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import ServiceException

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.caller import Caller
    from sandbox.clock import Clock

Shape = dict[str, Any]


class Alarms:
    """Answers SetAlarmState, and PutCompositeAlarm, which moto does not; nothing evaluates an alarm."""

    operations = frozenset({"SetAlarmState", "PutCompositeAlarm"})

    def __init__(self, clock: Clock, scope: tuple[str, str], emit: Callable[[Shape], None]) -> None:
        """``emit`` puts an event on the default bus."""
        self._clock = clock
        self._account, self._region = scope
        self._emit = emit

    def states(self, names: Iterable[str]) -> Mapping[str, str]:
        """Tell the states of the alarms that exist."""
        known = cloudwatch_backends[self._account][self._region].alarms
        return {name: known[name].state_value for name in names if name in known}

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer a call."""
        backend = cloudwatch_backends[caller.account][caller.region]
        if operation == "PutCompositeAlarm":
            return _put_composite(backend, params)
        name, value = params["AlarmName"], params["StateValue"]
        alarm = backend.alarms.get(name)
        if alarm is None:
            raise ApiError("ResourceNotFound", f"Unknown alarm: {name}", 404)
        previous = _state(alarm)
        reason_data = params.get("StateReasonData")
        try:
            backend.set_alarm_state(name, params["StateReason"], reason_data, value)
        except ServiceException as problem:
            raise ApiError(problem.code, problem.message) from problem
        if previous["value"] != value:
            self._announce(alarm, previous)
        return {}

    def _announce(self, alarm: Any, previous: Shape) -> None:
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        event = {
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": self._account,
            "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": self._region,
            "resources": [alarm.alarm_arn],
            "detail": {
                "alarmName": alarm.name,
                "configuration": _configuration(alarm),
                "previousState": previous,
                "state": _state(alarm),
            },
        }
        # Not while the call is being answered: the event may lead to further calls.
        self._clock.call_later(0, lambda: self._emit(event), label="alarm state change")


def _put_composite(backend: Any, params: Shape) -> Shape:
    """Keep it beside the metric alarms, as moto tells them apart: by their rule."""
    no_metric = ("namespace", "metric_name", "comparison_operator", "evaluation_periods", "period")
    backend.put_metric_alarm(
        **dict.fromkeys((*no_metric, "threshold", "statistic")),
        name=params["AlarmName"],
        rule=params["AlarmRule"],
        dimensions=[],
        description=params.get("AlarmDescription"),
        actions_enabled=params.get("ActionsEnabled", True),
        alarm_actions=params.get("AlarmActions", []),
        ok_actions=params.get("OKActions", []),
        insufficient_data_actions=params.get("InsufficientDataActions", []),
        tags=params.get("Tags", []),
    )
    return {}


def _state(alarm: Any) -> Shape:
    moment = alarm.state_updated_timestamp.replace(tzinfo=UTC)
    state = {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "+0000"),
    }
    return state | ({"reasonData": alarm.state_reason_data} if alarm.state_reason_data else {})


def _configuration(alarm: Any) -> Shape:
    configuration: Shape = {"description": alarm.description} if alarm.description else {}
    if not alarm.metric_name:
        return configuration
    dimensions = {dimension.name: dimension.value for dimension in alarm.dimensions}
    stat = {
        "metric": {
            "namespace": alarm.namespace,
            "name": alarm.metric_name,
            "dimensions": dimensions,
        },
        "period": alarm.period,
        "stat": alarm.statistic or alarm.extended_statistic,
    }
    metric = {"id": alarm.name, "metricStat": stat, "returnData": True}
    return configuration | {"metrics": [metric]}
