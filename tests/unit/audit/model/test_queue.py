"""What the tags of queue scaling say to the audit, which only reads them."""

import pytest

from audit.model.node import Unknown
from audit.model.queue import processing_times, queue_names
from queue_scaling.configuration import read_configuration

ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"


@pytest.mark.parametrize(
    ("queues", "times"),
    [
        ("orders", "2s"),
        ("orders@30s mails.fifo", "orders@250ms 1.5m"),
        ("arn:aws:sqs:eu-west-1:123456789012:orders@1m", "orders@2h"),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "3m"),
        ("orders kinesis:clicks cloudwatch:AWS/AmazonMQ:QueueSize:Broker=main", "orders@3s"),
        ("orders", ""),
    ],
)
def test_it_reads_what_queue_scaling_reads(queues, times):
    tags = {"ecs-ops:queue": queues, "ecs-ops:latency-slo": "60s"}
    tags |= {"ecs-ops:processing-time": times} if times else {}
    config = read_configuration(ARN, tags)
    theirs = [each for each in config.queues if each.reference.kind == "sqs"]
    assert queue_names(tags) == [each.reference.name for each in theirs]
    assert dict(processing_times(tags)) == {
        each.reference.name: each.prior_s for each in theirs if each.prior_s is not None
    }


def test_what_nobody_can_read_is_unknown():
    with pytest.raises(Unknown, match="soon is no duration"):
        list(processing_times({"ecs-ops:queue": "orders", "ecs-ops:processing-time": "soon"}))


def test_what_is_no_name_is_not_asked_for():
    assert queue_names({"ecs-ops:queue": "a=b ../c orders"}) == ["c", "orders"]
