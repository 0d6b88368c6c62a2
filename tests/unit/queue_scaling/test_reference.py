"""What ecs-ops:queue may name."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_scaling.problem import InvalidTag
from queue_scaling.reference import Reference, parse_reference

HERE = ("123456789012", "eu-west-1")


@pytest.mark.parametrize(
    "text",
    [
        "orders",
        "arn:aws:sqs:eu-west-1:123456789012:orders",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    ],
)
def test_a_queue_goes_by_name_arn_or_url(text):
    reference = parse_reference(text, *HERE)
    assert (reference.kind, reference.name, reference.text) == ("sqs", "orders", text)
    assert not reference.fifo


def test_a_fifo_queue_is_known_by_its_name():
    assert parse_reference("orders.fifo", *HERE).fifo


@pytest.mark.parametrize(
    "text", ["kinesis:clicks", "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"]
)
def test_a_stream_goes_by_name_or_arn(text):
    assert parse_reference(text, *HERE) == Reference("kinesis", "clicks", text)


def test_a_metric_goes_by_namespace_name_and_dimensions():
    reference = parse_reference("cloudwatch:AWS/AmazonMQ:QueueSize:Queue=q:Broker=b", *HERE)
    assert (reference.kind, reference.name, reference.metric) == (
        "cloudwatch",
        "AWS/AmazonMQ",
        "QueueSize",
    )
    assert reference.dimensions == (("Broker", "b"), ("Queue", "q"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 81,
        "orders!",
        "orders/jobs",
        "kinesis:",
        "cloudwatch:",
        "cloudwatch:Namespace",
        "cloudwatch::Metric",
        "cloudwatch:Namespace:Metric:Broker",
        "cloudwatch:Namespace:Metric:Broker=",
        "cloudwatch:Namespace:Metric:=b",
    ],
)
def test_what_is_none_of_these_is_refused_with_tag_and_value(text):
    with pytest.raises(InvalidTag) as caught:
        parse_reference(text, *HERE)
    assert caught.value.found.tag == "ecs-ops:queue"
    assert caught.value.found.value == text
    assert "expected" in caught.value.found.problem


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sqs:eu-west-1:210987654321:orders",
        "https://sqs.eu-west-1.amazonaws.com/210987654321/orders",
    ],
)
def test_a_queue_of_another_account_is_refused_by_name(text):
    with pytest.raises(InvalidTag, match="the queue is in account 210987654321"):
        parse_reference(text, *HERE)


def test_a_queue_of_another_region_is_refused_by_name():
    with pytest.raises(InvalidTag, match="the queue is in Region us-east-1"):
        parse_reference("arn:aws:sqs:us-east-1:123456789012:orders", *HERE)


# What a tag value may hold, without the space that separates items.
TAG_CHARACTERS = string.ascii_letters + string.digits + "+-=._:/@"


@given(st.text(TAG_CHARACTERS, max_size=60))
def test_whatever_a_tag_holds_is_understood_or_refused(text):
    try:
        reference = parse_reference(text, *HERE)
    except InvalidTag:
        return
    assert reference.text == text
    assert reference.name
