"""Tags become a configuration, or everything that is wrong with them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_scaling.configuration import ServiceConfig, read_configuration

ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/worker"
FINE = {"ecs-ops:queue": "orders", "ecs-ops:latency-slo": "60s"}


def config(**tags):
    read = read_configuration(ARN, FINE | named(tags))
    assert isinstance(read, ServiceConfig), read
    return read


def problems(tags):
    read = read_configuration(ARN, tags)
    assert isinstance(read, tuple)
    return {(problem.tag, problem.value): problem.problem for problem in read}


def named(tags):
    return {f"ecs-ops:{name.replace('_', '-')}": value for name, value in tags.items()}


def test_a_queue_and_an_slo_are_enough():
    read = config()
    (queue,) = read.queues
    assert (queue.reference.name, queue.slo_s, queue.prior_s) == ("orders", 60.0, None)
    assert (read.mode, read.interval_s, read.concurrency) == ("metric", 60, 1)
    assert (read.minimum, read.maximum, read.protects_work) == (0, None, False)
    assert (read.cluster, read.name) == ("prod", "worker")
    assert read.resource_id == "service/prod/worker"


def test_each_queue_may_have_its_own_slo_and_processing_time():
    read = config(queue="orders@30s mails@10m", processing_time="2s mails@150ms")
    assert [(q.reference.name, q.slo_s, q.prior_s) for q in read.queues] == [
        ("orders", 30.0, 2.0),
        ("mails", 600.0, 0.15),
    ]


def test_an_slo_for_all_is_not_needed_where_each_queue_has_one():
    read = read_configuration(ARN, {"ecs-ops:queue": "orders@30s mails@10m"})
    assert isinstance(read, ServiceConfig)


def test_direct_mode_looks_every_twenty_seconds_unless_told_otherwise():
    assert config(scaling="direct", max_tasks="9").interval_s == 20
    assert config(scaling="direct", max_tasks="9", scaling_interval="60s").interval_s == 60
    assert config(scaling_interval="20s").interval_s == 20


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        ("latency-slo", "fast", "a duration like"),
        ("latency-slo", "", "a duration like"),
        ("latency-slo", "0s", "between 1s and 24h"),
        ("latency-slo", "-5s", "a duration like"),
        ("latency-slo", "1e3s", "a duration like"),
        ("latency-slo", "9999999999s", "a duration like"),
        ("latency-slo", "60 60s", "a duration like"),
        ("queue", "", "names of one or more queues"),
        ("queue", "   ", "names of one or more queues"),
        ("queue", "orders@soon", "a duration like"),
        ("queue", "orders@", "a duration like"),
        ("queue", "orders orders", "names a queue twice"),
        ("queue", "arn:aws:sqs:eu-west-1:210987654321:orders", "account 210987654321"),
        ("processing-time", "2x", "a duration like"),
        ("processing-time", "orders@2s orders@3s", "each name once"),
        ("processing-time", "@2s", "each name once"),
        ("processing-time", "2s ordres@3s", "'ordres' is no queue of ecs-ops:queue"),
        ("concurrency", "0", "whole number from 1"),
        ("concurrency", "many", "whole number from 1"),
        ("concurrency", "1.5", "whole number from 1"),
        ("max-tasks", "0", "may have no task"),
        ("max-tasks", "-1", "whole number"),
        ("min-tasks", "٣", "whole number"),
        ("scaling", "on", "expected metric, managed, direct, dry-run or off"),
        ("scaling-interval", "10s", "expected 20s or 60s"),
        ("task-protection", "sometimes", "expected on or off"),
        ("scaling-metrics", "some", "expected ratio or all"),
        ("startup-time", "2d", "between 1s and 1h"),
        ("fifo-groups", "0", "whole number from 1"),
    ],
)
def test_bad_values_are_named_with_tag_value_and_what_is_expected(tag, value, expected):
    found = problems(FINE | {f"ecs-ops:{tag}": value})
    ((name, text),) = found
    assert name == f"ecs-ops:{tag}"
    assert text in (value, *value.split(), *value.split("@"))
    assert expected in found[name, text]


def test_a_missing_slo_is_named():
    assert "is missing" in problems({"ecs-ops:queue": "orders"})["ecs-ops:latency-slo", ""]


def test_a_minimum_above_the_maximum_is_named():
    found = problems(FINE | {"ecs-ops:min-tasks": "5", "ecs-ops:max-tasks": "3"})
    assert found == {("ecs-ops:min-tasks", "5"): "is more than ecs-ops:max-tasks=3"}


@pytest.mark.parametrize("mode", ["managed", "direct"])
def test_whoever_lets_us_scale_must_say_how_far(mode):
    found = problems(FINE | {"ecs-ops:scaling": mode})
    assert "needs an upper limit" in found["ecs-ops:max-tasks", ""]


def test_all_problems_are_told_at_once():
    found = problems({"ecs-ops:queue": "or!ders", "ecs-ops:concurrency": "x"})
    assert {tag for tag, _ in found} == {
        "ecs-ops:queue",
        "ecs-ops:latency-slo",
        "ecs-ops:concurrency",
    }


TAGS = (
    *("queue", "latency-slo", "processing-time", "concurrency", "min-tasks", "max-tasks"),
    *("scaling", "scaling-interval", "startup-time", "scale-in-window", "scale-out-step"),
    *("task-protection", "fifo-groups", "scaling-metrics"),
)
VALUE = st.text(string.ascii_letters + string.digits + " +-=._:/@", max_size=30)


@given(st.dictionaries(st.sampled_from([f"ecs-ops:{tag}" for tag in TAGS]), VALUE))
def test_whatever_is_tagged_is_a_configuration_or_a_list_of_problems(tags):
    read = read_configuration(ARN, tags)
    if isinstance(read, tuple):
        assert read
        assert all(str(problem) for problem in read)
    else:
        assert read.queues
        assert read.concurrency >= 1
        assert read.maximum is None or 0 <= read.minimum <= read.maximum
