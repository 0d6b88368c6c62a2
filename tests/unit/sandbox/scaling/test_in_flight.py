"""What a sweep for stale protection knows of messages in flight."""

import pytest

from sandbox.scaling.check import in_flight
from tests.unit.queue_scaling.scaled import START, Account


def known(**tags):
    account = Account()
    account.queue(visible=9, in_flight=3)
    account.streams["clicks"] = 4
    arn = account.service(**tags)
    services, _ = account.ticker.aws.describe([arn])
    return in_flight(services[arn], account.ticker.aws, START)


@pytest.mark.parametrize("mode", ["metric", "managed", "direct", "off"])
def test_a_queue_tells_whoever_scales_its_service(mode):
    assert known(scaling=mode, max_tasks="9") == 3


def test_a_stream_does_not_tell_and_that_is_not_none():
    assert known(queue="orders kinesis:clicks") is None
