"""``CloudWatch Alarm State Change``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.cloudwatch", "CloudWatch Alarm State Change"


class AlarmState(Detail, frozen=True):
    """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``; ``reason_data`` is JSON in a text."""

    value: str
    reason: str | None = None
    reason_data: str | None = None
    timestamp: str | None = None


class AlarmStateChange(Detail, frozen=True):
    """An alarm changed its state."""

    alarm_name: str
    state: AlarmState
    previous_state: AlarmState | None = None
