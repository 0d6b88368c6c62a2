"""In a storm the function takes the rest of its queue itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from ecsops.queue import Backlog, Message, handle_batch

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/spot-drain"
FULL = {"Records": [{"messageId": f"d{n}", "body": "{}"} for n in range(10)]}


def _error(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "RequestThrottled", "Message": "slow down"}}, operation)


@dataclass
class FakeQueue:
    """Hands out its messages once; fails the receives and deletes it was told to fail."""

    waiting: list[dict] = field(default_factory=list)
    failing_receives: int = 0
    deletes_fail: bool = False
    receives: int = 0
    deleted: list[list[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def receive_message(self, *, QueueUrl, MaxNumberOfMessages, WaitTimeSeconds, **_):  # noqa: N803
        assert (QueueUrl, MaxNumberOfMessages, WaitTimeSeconds) == (QUEUE, 10, 0)
        with self.lock:
            self.receives += 1
            if self.failing_receives:
                self.failing_receives -= 1
                raise _error("ReceiveMessage")
            out, self.waiting = self.waiting[:10], self.waiting[10:]
        return {"Messages": out} if out else {}

    def delete_message_batch(self, *, QueueUrl, Entries):  # noqa: N803
        with self.lock:
            self.deleted.append([entry["ReceiptHandle"] for entry in Entries])
        if self.deletes_fail:
            raise _error("DeleteMessageBatch")
        return {"Successful": [], "Failed": []}


def waiting(number: int) -> list[dict]:
    return [
        {
            "MessageId": f"t{n}",
            "Body": "{}",
            "ReceiptHandle": f"r{n}",
            "Attributes": {"ApproximateReceiveCount": "2"},
        }
        for n in range(number)
    ]


def handled(
    queue: FakeQueue, event: dict, failed: set[str] = frozenset()
) -> tuple[dict, list[str]]:
    seen: list[str] = []

    def act(messages):
        seen.extend(message.id for message in messages)
        return failed

    return handle_batch(event, act, Backlog(queue, QUEUE)), seen


def test_a_batch_that_is_not_full_leaves_the_queue_alone():
    queue = FakeQueue(waiting(5))
    answer, seen = handled(queue, {"Records": FULL["Records"][:9]})
    assert answer == {"batchItemFailures": []}
    assert len(seen) == 9
    assert queue.receives == 0


def test_a_full_batch_takes_everything_that_waits_and_deletes_what_is_done():
    queue = FakeQueue(waiting(205))
    _, seen = handled(queue, FULL)
    assert len(seen) == 215
    assert sorted(r for call in queue.deleted for r in call) == sorted(f"r{n}" for n in range(205))
    assert all(len(call) <= 10 for call in queue.deleted)


def test_a_full_batch_of_another_queue_takes_nothing_of_this_one():
    queue = FakeQueue(waiting(5))
    elsewhere = "arn:aws:sqs:eu-west-1:123456789012:container-instances"
    full = [each | {"eventSourceARN": elsewhere} for each in FULL["Records"]]
    _, seen = handled(queue, {"Records": full})
    assert len(seen) == 10
    assert queue.receives == 0


def test_a_full_batch_says_whose_it_is():
    queue = FakeQueue(waiting(5))
    own = "arn:aws:sqs:eu-west-1:123456789012:spot-drain"
    _, seen = handled(
        queue, {"Records": [each | {"eventSourceARN": own} for each in FULL["Records"]]}
    )
    assert len(seen) == 15


@pytest.mark.parametrize(("number", "receives"), [(0, 2), (9, 2), (10, 6), (39, 6), (40, 14)])
def test_a_small_backlog_costs_few_receives(number, receives):
    queue = FakeQueue(waiting(number))
    handled(queue, FULL)
    assert queue.receives == receives


def test_no_more_than_two_thousand_messages_are_taken():
    queue = FakeQueue(waiting(2600))
    _, seen = handled(queue, FULL)
    assert len(seen) == 2010
    assert len(queue.waiting) == 600


def test_a_failed_message_of_the_backlog_stays_in_the_queue_and_out_of_the_answer():
    queue = FakeQueue(waiting(3))
    answer, _ = handled(queue, FULL, {"t1", "d4"})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "d4"}]}
    assert queue.deleted == [["r0", "r2"]]


def test_a_receive_that_fails_brings_nothing_and_harms_nothing():
    queue = FakeQueue(waiting(20), failing_receives=1)
    _, seen = handled(queue, FULL)
    assert len(seen) == 30


def test_when_every_receive_fails_the_delivered_messages_are_handled_all_the_same():
    queue = FakeQueue(waiting(20), failing_receives=2)
    answer, seen = handled(queue, FULL)
    assert len(seen) == 10
    assert answer == {"batchItemFailures": []}
    assert queue.receives == 2


def test_a_delete_that_fails_harms_nothing():
    queue = FakeQueue(waiting(3), deletes_fail=True)
    answer, _ = handled(queue, FULL)
    assert answer == {"batchItemFailures": []}


def test_a_message_that_was_delivered_and_taken_is_deleted_once_it_is_done():
    copy = waiting(1)[0] | {"MessageId": "d0"}
    queue = FakeQueue([copy])
    answer, seen = handled(queue, FULL)
    assert seen.count("d0") == 2
    assert answer == {"batchItemFailures": []}
    assert queue.deleted == [["r0"]]


def test_a_failed_message_that_was_delivered_and_taken_is_tried_again():
    copy = waiting(1)[0] | {"MessageId": "d0"}
    queue = FakeQueue([copy])
    answer, _ = handled(queue, FULL, {"d0"})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "d0"}]}
    assert queue.deleted == []


def test_of_two_receives_of_one_message_the_later_receipt_counts():
    first = waiting(1)[0]
    # SQS may hand a message out again within one round; only the newest receipt deletes it.
    queue = FakeQueue([first] * 10 + [first | {"ReceiptHandle": "newer"}] * 10)
    taken = Backlog(queue, QUEUE).take()
    assert taken == [Message("t0", "{}", 2, taken[0].receipt)]


def test_when_the_work_raises_nothing_of_the_backlog_is_deleted():
    queue = FakeQueue(waiting(3))

    def act(_):
        raise RuntimeError("our fault")

    try:
        handle_batch(FULL, act, Backlog(queue, QUEUE))
    except RuntimeError:
        assert queue.deleted == []
    else:
        raise AssertionError("the fault must be loud")
