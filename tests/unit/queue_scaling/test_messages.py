"""What arrives in the queue is one tick, or none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.queue import Message
from queue_scaling.messages import between, read_batch
from queue_scaling.worker import Worker

NOW = 1_767_603_603.0


def scheduled(age=3.0, **more):
    import datetime as dt

    time = dt.datetime.fromtimestamp(NOW - age, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": time,
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/tick"],
        "detail": {},
    }
    return json.dumps(event | more)


def batch(*bodies):
    return read_batch([Message(str(at), body) for at, body in enumerate(bodies)], NOW)


def test_the_schedule_asks_for_all_services():
    assert batch(scheduled()).kind == "all"


def test_our_own_message_asks_for_the_fast_ones():
    ((_, body), _) = between(NOW - 20)
    assert batch(body).kind == "between"


def test_several_ticks_are_one():
    ((_, body), _) = between(NOW - 20)
    assert batch(body, scheduled(), scheduled(age=10)).kind == "all"


def test_a_tick_that_was_overtaken_is_dropped():
    due = batch(scheduled(age=120))
    assert (due.kind, due.rejected) == ("nothing", frozenset())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "{}",
        scheduled(**{"detail-type": "ECS Task State Change"}),
        scheduled(time=None),
        scheduled(time="yesterday"),
        '{"queue_scaling": "other"}',
        '{"queue_scaling": "between"}',
    ],
)
def test_what_is_no_tick_is_rejected_alone(body):
    due = batch(body, scheduled())
    assert (due.kind, due.rejected) == ("all", frozenset({"0"}))


@given(st.text())
def test_nothing_that_arrives_stops_a_tick(body):
    assert batch(body, scheduled()).kind == "all"


def test_between_two_minutes_there_are_two_ticks():
    assert [delay for delay, _ in between(NOW)] == [20, 40]


class Ticker:
    def __init__(self, *, more=False, problem=None):
        self.more, self.problem, self.ticks = more, problem, []

    def tick(self, now):
        self.ticks.append("all")
        if self.problem:
            raise self.problem
        return self.more

    def tick_between(self, now):
        self.ticks.append("between")


class Sqs:
    def __init__(self):
        self.sent = []

    def send_message_batch(self, QueueUrl, Entries):  # noqa: N803
        self.sent += [(entry["DelaySeconds"], entry["MessageBody"]) for entry in Entries]
        return {}


def work(ticker, *bodies, off=False):
    sqs = Sqs()
    worker = Worker(ticker, sqs, "https://queue", off)
    failed = worker.work([Message(str(at), body) for at, body in enumerate(bodies)], NOW)
    return failed, [delay for delay, _ in sqs.sent]


def test_a_tick_arranges_for_those_in_between_only_if_somebody_wants_them():
    assert work(Ticker(), scheduled()) == (set(), [])
    assert work(Ticker(more=True), scheduled()) == (set(), [20, 40])


def test_a_tick_that_fails_is_tried_again():
    from ecsops.errors import CallFailed

    problem = CallFailed("BatchGetItem", "InternalServerError", "no")
    assert work(Ticker(problem=problem), scheduled()) == ({"0"}, [])


def test_switched_off_nothing_happens():
    ticker = Ticker()
    assert work(ticker, scheduled(), off=True) == (set(), [])
    assert ticker.ticks == []
