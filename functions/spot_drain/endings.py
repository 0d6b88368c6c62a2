"""What was told as open and ends without anybody saying so: looked for at every tick.

Retirements whose tasks are gone, storms that left targets behind, a regression of ECS's own draining.
Each entry is written before people are told, and taken out after they are told the end: a process that
dies in between tells something twice, which has the same stage, and loses no end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsops import alerts
from ecsops.errors import CallFailed
from ecsops.observability import count
from spot_drain.regression import Regression, regression_alert, regression_over_alert
from spot_drain.remembered import Remembered
from spot_drain.retirement import TOO_LATE_S, Retirement
from spot_drain.retirement_alerts import retirement_over_alert
from spot_drain.stuck import Stuck

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient

    from spot_drain.aws import Aws

# A retirement of which AWS did not tell the day.
_UNDATED_S = 30 * 86_400
_OVER = frozenset({"STOPPED", "DELETED"})

Asked = Callable[[list[str]], Mapping[str, dict[str, Any] | CallFailed]]


@dataclass(frozen=True, slots=True)
class Endings:
    """``retirements`` holds "key|until|task ARN" of what is left to people; ``native`` when it began."""

    events: EventBridgeClient
    retirements: Remembered
    native: Remembered
    stuck: Stuck

    @staticmethod
    def of(events: EventBridgeClient, dynamodb: DynamoDBClient, table: str) -> Endings:
        """Remember in the function's table."""
        return Endings(
            events,
            Remembered(dynamodb, table, "open-retirements"),
            Remembered(dynamodb, table, "open-native"),
            Stuck(dynamodb, table),
        )

    def retirement_told(
        self, retirement: Retirement, left: Iterable[str], now: float
    ) -> tuple[str, ...]:
        """These tasks of it are left to people; those that are, with what its other pages named."""
        until = now + _UNDATED_S if retirement.at is None else retirement.at + TOO_LATE_S
        entries = {f"{retirement.key}|{until:.0f}|{arn}" for arn in left}
        self.retirements.add(entries)
        known = {t for t in self.retirements.all() if t.partition("|")[0] == retirement.key}
        over = {t for t in known - entries if t.split("|", 2)[2] in retirement.tasks}
        self.retirements.remove(over)
        return tuple(sorted({t.split("|", 2)[2] for t in known - over}))

    def close_retirements(self, asked: Asked, now: float) -> None:
        """Those of whose tasks none runs any more, and those whose day is long past."""
        entries = self.retirements.all()
        tasks = asked(sorted({entry.split("|", 2)[2] for entry in entries})) if entries else {}
        by_key: dict[str, list[tuple[float, str]]] = {}
        for entry in entries:
            key, until, arn = entry.split("|", 2)
            by_key.setdefault(key, []).append((float(until), arn))
        over = {
            key: running
            for key, pairs in by_key.items()
            if not (running := [arn for _, arn in pairs if _may_run(tasks.get(arn))])
            or now >= max(until for until, _ in pairs)
        }
        alerts.publish(
            self.events, [retirement_over_alert(key, left, now) for key, left in over.items()]
        )
        self.retirements.remove(e for e in entries if e.partition("|")[0] in over)

    def compare_native(self, found: Regression, now: float) -> None:
        """ECS's own draining: tell that it got worse, each day anew, and once that it is over."""
        began = next(iter(self.native.all()), None)
        if found.has_regressed:
            count("NativeRegressed")
            if began is None:
                began = f"{now:.0f}"
                self.native.add([began])
            alerts.publish(self.events, [regression_alert(found, float(began), now)])
        elif began is not None and found.is_over(float(began), now):
            alerts.publish(self.events, [regression_over_alert(found, float(began), now)])
            self.native.remove([began])

    def close_stuck(self, aws: Aws, now: float) -> None:
        """Storms none of whose dying targets is in rotation any more."""
        alerts.publish(self.events, over := self.stuck.over(aws, now))
        self.stuck.forget(alert.incident for alert in over)


def _may_run(task: dict[str, Any] | CallFailed | None) -> bool:
    if isinstance(task, CallFailed):
        return True
    return task is not None and task.get("lastStatus") not in _OVER
