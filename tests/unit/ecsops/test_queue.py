from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import InvalidMessage, PublishFailed
from ecsops.queue import Message, handle_batch, messages_of, send_later

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/spot-drain"


def record(message_id: str, body: str = "{}", receive_count: int = 1) -> dict:
    return {
        "messageId": message_id,
        "receiptHandle": f"r-{message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
        "eventSource": "aws:sqs",
    }


def batch(*ids: str) -> dict:
    return {"Records": [record(id_) for id_ in ids]}


def failures(*ids: str) -> dict:
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]}


@dataclass
class FakeSender:
    """Remembers what it was sent; refuses the bodies in ``refused``."""

    refused: frozenset[str] = frozenset()
    calls: list[list[str]] = field(default_factory=list)
    delays: set[int] = field(default_factory=set)

    def send_message_batch(self, *, QueueUrl, Entries):  # noqa: N803
        assert QueueUrl == QUEUE
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        bodies = [entry["MessageBody"] for entry in Entries]
        self.calls.append(bodies)
        self.delays |= {entry["DelaySeconds"] for entry in Entries}
        failed = [{"Id": e["Id"]} for e in Entries if e["MessageBody"] in self.refused]
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}


def test_the_records_of_an_invocation_become_messages():
    event = {"Records": [record("a", "x", 3), {"messageId": "b"}, {"messageId": "c", "body": None}]}
    assert messages_of(event) == [Message("a", "x", 3), Message("b", ""), Message("c", "")]


@pytest.mark.parametrize("event", [{}, {"Records": None}, {"Records": {}}, {"detail": {}}])
def test_an_invocation_by_something_else_is_rejected(event):
    with pytest.raises(InvalidMessage, match=r"\$\.Records"):
        messages_of(event)


def test_only_the_failed_messages_are_answered():
    assert handle_batch(batch("a", "b", "c"), lambda _: {"b"}) == failures("b")


def test_without_failures_the_answer_is_empty():
    assert handle_batch(batch("a"), lambda _: ()) == failures()


def test_an_id_that_was_not_delivered_is_not_answered():
    assert handle_batch(batch("a"), lambda _: {"elsewhere"}) == failures()


def test_the_answer_keeps_the_order_of_delivery():
    assert handle_batch(batch("c", "a", "b"), lambda _: ["a", "b", "c"]) == failures("c", "a", "b")


def test_messages_are_sent_ten_a_call_with_their_delay():
    sqs = FakeSender()
    send_later(sqs, QUEUE, [str(n) for n in range(23)], 8)
    assert [len(call) for call in sqs.calls] == [10, 10, 3]
    assert sqs.delays == {8}


def test_nothing_to_send_costs_no_call():
    sqs = FakeSender()
    send_later(sqs, QUEUE, [], 8)
    assert sqs.calls == []


def test_a_partial_failure_of_send_message_batch_is_raised():
    sqs = FakeSender(refused=frozenset({"b"}))
    with pytest.raises(PublishFailed, match="SQS refused 1 of 3 messages"):
        send_later(sqs, QUEUE, ["a", "b", "c"], 8)


@given(st.lists(st.integers(0, 240_001).map(lambda size: "ä" * (size // 2)), max_size=25))
def test_bodies_are_sent_in_order_and_within_the_limits_of_a_call(bodies):
    sqs = FakeSender()
    send_later(sqs, QUEUE, bodies, 8)
    assert [body for call in sqs.calls for body in call] == bodies
    assert all(len(call) <= 10 for call in sqs.calls)
    assert all(sum(len(b.encode()) for b in c) <= 240_000 or len(c) == 1 for c in sqs.calls)
