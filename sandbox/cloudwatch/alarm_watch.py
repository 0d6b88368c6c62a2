"""Alarms that are evaluated: each minute, or every ten seconds where the period is shorter.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.cloudwatch.evaluation import AlarmRule, State, evaluate

# The value of the period that begins then, None where there is no datapoint.
Reader = Callable[[float, int], float | None]
Act = Callable[[float], None]

_MINUTE_S, _HIGH_RESOLUTION_S = 60.0, 10.0


@dataclass(slots=True)
class Alarm:
    """One alarm. ``act`` gets the newest datapoint when it goes off, and each minute while it lasts.

    "If an Auto Scaling action is configured, the alarm continues to invoke it once per minute for as
    long as it remains in the state."
    """

    name: str
    rule: AlarmRule
    read: Reader
    act: Act | None = None
    on_change: Callable[[State], None] | None = None
    state: State = State.INSUFFICIENT_DATA
    acted_at: float = float("-inf")

    def newest(self, now: float) -> float | None:
        """The newest datapoint of the range."""
        return next((value for value in reversed(self.points(now)) if value is not None), None)

    def points(self, now: float) -> list[float | None]:
        """The datapoints of the evaluation range, oldest first: periods that are over."""
        period = self.rule.period_s
        # Periods of more than a minute slide with each evaluation, they do not wait for their end.
        step = min(period, 60)
        last = now // step * step - period
        begins = [last - period * back for back in range(self.rule.range - 1, -1, -1)]
        return [self.read(begin, period) for begin in begins]


class AlarmWatch:
    """The alarms of an account. At which second of its minute each is looked at is not published."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        """``rng`` draws each alarm's second."""
        self._clock = clock
        self._rng = rng
        self._alarms: dict[str, Alarm] = {}

    def put(self, alarm: Alarm) -> None:
        """Add or replace an alarm; a replaced one keeps its state."""
        known = self._alarms.get(alarm.name)
        self._alarms[alarm.name] = alarm
        if known is not None:
            alarm.state, alarm.acted_at = known.state, known.acted_at
        step = _HIGH_RESOLUTION_S if alarm.rule.period_s < _MINUTE_S else _MINUTE_S
        self._clock.call_later(
            self._rng.uniform(0, step), lambda: self._look(alarm, step), label=f"alarm {alarm.name}"
        )

    def delete(self, name: str) -> None:
        """Forget an alarm."""
        self._alarms.pop(name, None)

    def get(self, name: str) -> Alarm | None:
        """An alarm by name."""
        return self._alarms.get(name)

    def _look(self, alarm: Alarm, step: float) -> None:
        if self._alarms.get(alarm.name) is not alarm:
            return
        self._clock.call_later(step, lambda: self._look(alarm, step), label=f"alarm {alarm.name}")
        now = self._clock.now()
        state = evaluate(alarm.rule, alarm.points(now), alarm.state)
        changed, alarm.state = state != alarm.state, state
        if changed and alarm.on_change:
            alarm.on_change(state)
        newest = alarm.newest(now) if state is State.ALARM and alarm.act else None
        if newest is not None and (changed or now - alarm.acted_at >= _MINUTE_S - 1):
            alarm.acted_at = now
            if alarm.act:
                alarm.act(newest)
