"""Which alarms are read, and how."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from deploy_guard.alarm_reader import AlarmReader
from deploy_guard.bake import AlarmSeen

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
