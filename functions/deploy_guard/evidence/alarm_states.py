"""Why alarms went off, in CloudWatch's words: the value and the threshold that it crossed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from deploy_guard.evidence.unavailable import Unavailable
from ecsops.redaction import redact_text

WHAT, ASKED = "alarm reasons", "cloudwatch:DescribeAlarms"
_MOST = 10
_REASON = 300


class AlarmStates(msgspec.Struct, frozen=True, tag=True):
    """``rows`` are (alarm, state, reason)."""

    rows: tuple[tuple[str, str, str], ...]

    @property
    def reason(self) -> str | None:
        """Why the first alarm that is in ALARM went off."""
        return next((reason for _, state, reason in self.rows if state == "ALARM" and reason), None)


def read(cloudwatch: Any, names: Sequence[str]) -> AlarmStates | Unavailable:
    """The alarms as they are now."""
    answer = cloudwatch.describe_alarms(
        AlarmNames=list(names[:_MOST]), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    found = (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))
    rows = tuple(
        (
            one["AlarmName"],
            one.get("StateValue", ""),
            redact_text(one.get("StateReason", ""))[:_REASON],
        )
        for one in found
    )
    return AlarmStates(rows) if rows else Unavailable(WHAT, "the alarms do not exist any more")
