"""The state of alarms, and since when they are in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.bake import AlarmSeen
from ecsops.errors import CallFailed
from ecsops.parallel import chunks, within

_PER_CALL = 100
# The alerts of the same look wait for it.
_BUDGET_S = 3.0


@dataclass(frozen=True, slots=True)
class AlarmReader:
    """Metric alarms and composite alarms."""

    client: Callable[[], Any]

    def states(self, names: Iterable[str]) -> dict[str, AlarmSeen]:
        """Alarms by name; one that does not exist is left out."""
        found: dict[str, AlarmSeen] = {}
        for part in chunks(sorted(set(names)), _PER_CALL):
            described = partial(self._described, list(part))
            for one in within("DescribeAlarms", _BUDGET_S, described):
                # The reason may be updated without a change of the state: only the transition counts.
                since = one.get("StateTransitionedTimestamp") or one.get("StateUpdatedTimestamp")
                at = since.timestamp() if since else 0.0
                found[one["AlarmName"]] = AlarmSeen(one["AlarmName"], one["StateValue"], at)
        return found

    def _described(self, names: list[str]) -> list[Any]:
        cloudwatch = self.client()
        try:
            answer = cloudwatch.describe_alarms(
                AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_PER_CALL
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise CallFailed("DescribeAlarms", code, str(error)) from error
        except BotoCoreError as error:
            raise CallFailed("DescribeAlarms", type(error).__name__, str(error)) from error
        return [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
