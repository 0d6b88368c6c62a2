"""What each kind of source reads, and what its errors mean."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from queue_scaling.problem import InvalidTag
from queue_scaling.reference import parse_reference
from queue_scaling.sources import source_of
from queue_scaling.sources.base import Unread

HERE = ("123456789012", "eu-west-1")
NOW = 1_767_603_603.0


def source(text):
    return source_of(parse_reference(text, *HERE), *HERE)


def client(**methods):
    made = SimpleNamespace(meta=SimpleNamespace(endpoint_url="https://sqs.eu-west-1.amazonaws.com"))
    for name, method in methods.items():
        setattr(made, name, method)
    return lambda _service: made


def raising(problem):
    def call(**_):
        raise problem

    return call


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "why"}}, "Operation")


ATTRIBUTES = {
    "ApproximateNumberOfMessages": "7",
    "ApproximateNumberOfMessagesNotVisible": "3",
    "ApproximateNumberOfMessagesDelayed": "2",
    "DelaySeconds": "15",
    "VisibilityTimeout": "45",
}


def test_a_queue_is_asked_by_url_without_looking_it_up():
    asked = []
    found = client(get_queue_attributes=lambda **params: asked.append(params) or {})
    source("orders").call(found)
    assert asked[0]["QueueUrl"] == "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


def test_a_queue_is_read_from_its_attributes():
    reading = source("orders").reading({"Attributes": ATTRIBUTES}, {}, NOW)
    assert (reading.visible, reading.in_flight, reading.delayed) == (7, 3, 2)
    assert (reading.delay_s, reading.visibility_s, reading.at) == (15.0, 45.0, NOW)


@pytest.mark.parametrize("name", list(ATTRIBUTES)[:3])
@pytest.mark.parametrize("value", [None, "", "NotInt"])
def test_a_missing_or_odd_attribute_is_unknown_not_zero(name, value):
    attributes = {
        key: text for key, text in (ATTRIBUTES | {name: value}).items() if text is not None
    }
    with pytest.raises(Unread):
        source("orders").reading({"Attributes": attributes}, {}, NOW)


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
def test_a_queue_that_does_not_exist_is_its_tags_mistake(code):
    with pytest.raises(InvalidTag, match="does not exist"):
        source("orders").call(client(get_queue_attributes=raising(refusal(code))))


def test_a_queue_that_may_not_be_read_is_its_tags_mistake():
    with pytest.raises(InvalidTag, match="may not be read"):
        source("orders").call(client(get_queue_attributes=raising(refusal("AccessDenied"))))


@pytest.mark.parametrize(
    "problem", [refusal("RequestThrottled"), EndpointConnectionError(endpoint_url="https://sqs")]
)
@pytest.mark.parametrize(
    ("text", "method"),
    [("orders", "get_queue_attributes"), ("kinesis:clicks", "describe_stream_summary")],
)
def test_everything_else_is_tried_again(problem, text, method):
    with pytest.raises(Unread):
        source(text).call(client(**{method: raising(problem)}))


def test_a_streams_lag_is_work():
    stream = source("kinesis:clicks")
    incoming, age = stream.queries()
    metrics = {incoming: [(NOW - 60, 6000.0)], age: [(NOW - 60, 30_000.0)]}
    answer = {"StreamDescriptionSummary": {"OpenShardCount": 4}}
    reading = stream.reading(answer, metrics, NOW)
    assert reading.arrival_rate == 100.0
    assert reading.visible == 3000.0
    assert (reading.in_flight, reading.parallel, reading.oldest_s) == (None, 4, 30.0)


def test_a_stream_without_traffic_is_idle():
    reading = source("kinesis:clicks").reading(
        {"StreamDescriptionSummary": {"OpenShardCount": 4}}, {}, NOW
    )
    assert (reading.visible, reading.arrival_rate) == (0.0, 0.0)


def test_a_stream_without_shards_is_its_tags_mistake():
    with pytest.raises(InvalidTag, match="no open shard"):
        source("kinesis:clicks").reading(
            {"StreamDescriptionSummary": {"OpenShardCount": 0}}, {}, NOW
        )


def test_any_metric_is_a_backlog():
    metric = source("cloudwatch:AWS/AmazonMQ:QueueSize:Broker=b")
    (query,) = metric.queries()
    assert (query.namespace, query.name, query.statistic) == (
        "AWS/AmazonMQ",
        "QueueSize",
        "Maximum",
    )
    reading = metric.reading(None, {query: [(NOW - 60, 42.0), (NOW - 120, 1.0)]}, NOW)
    assert (reading.visible, reading.in_flight) == (42.0, None)
    assert metric.call(client()) is None


def test_a_metric_without_datapoints_is_its_tags_mistake():
    metric = source("cloudwatch:Mine:Backlog")
    with pytest.raises(InvalidTag, match="no datapoint"):
        metric.reading(None, {}, NOW)
