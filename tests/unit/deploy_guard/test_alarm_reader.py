"""Which alarms are read, and how."""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber

from deploy_guard import alarm_reader
from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.bake import AlarmSeen
from ecsops.errors import CallFailed

SINCE = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def cloudwatch():
    return boto3.client("cloudwatch", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_metric_and_composite_alarms_are_asked_for_in_one_call(cloudwatch):
    """Without AlarmTypes CloudWatch answers with metric alarms alone."""
    shown = {"StateValue": "ALARM", "StateTransitionedTimestamp": SINCE}
    with Stubber(cloudwatch) as stubber:
        stubber.add_response(
            "describe_alarms",
            {
                "MetricAlarms": [shown | {"AlarmName": "errors"}],
                "CompositeAlarms": [shown | {"AlarmName": "release"}],
            },
            {
                "AlarmNames": ["errors", "gone", "release"],
                "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
                "MaxRecords": 100,
            },
        )
        seen = AlarmReader(lambda: cloudwatch).states(["release", "errors", "gone"])
    since = SINCE.timestamp()
    assert seen == {
        "errors": AlarmSeen("errors", "ALARM", since),
        "release": AlarmSeen("release", "ALARM", since),
    }


def test_a_silent_cloudwatch_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(alarm_reader, "_BUDGET_S", 0.01)
    end = threading.Event()
    silent = SimpleNamespace(describe_alarms=lambda **_: end.wait(10) and {})
    with pytest.raises(CallFailed, match="DescribeAlarms: Timeout"):
        AlarmReader(lambda: silent).states(["errors"])
    end.set()
