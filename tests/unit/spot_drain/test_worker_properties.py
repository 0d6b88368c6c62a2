"""Whatever arrives beside them: every good message is handled, nothing raises."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecsops.queue import Message
from spot_drain.batch import sort
from spot_drain.instance_messages import sort_others
from spot_drain.messages import Report, Verify, encode
from spot_drain.worker import Worker
from tests.unit.ecsops.events.sample_events import SAMPLES
from tests.unit.spot_drain.builders import (
    NOW,
    QUEUE,
    REGION,
    address,
    check,
    event,
    message,
    service,
    service_arn,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeBus, FakeGateway, FakeSqs, FakeTallies

GOOD = range(3)
_DOCUMENTS = [json.loads(path.read_text()) for path in SAMPLES]
_DOCUMENTS += [
    event(7),
    json.loads(encode(Verify((check(7),)))),
    json.loads(encode(Report((service_arn("api"),)))),
]
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1e300, "", "x" * 5_000, "\x00", "\uffff", "0001-01-01T00:00:00Z"]),
    st.sampled_from(["9999-12-31T23:59:59Z", "service:", "service:a b", "eni", "10.0.0.1"]),
    # A task of its own: an event that names a good task is no noise, it may rightly come first.
    st.sampled_from(
        [task_arn(9), service_arn(), "STOPPED", "SpotInterruption", [], {}, [[]], [None]]
    ),
    st.text(max_size=8),
)


def _paths(document: Any, path: tuple = ()) -> list[tuple]:
    """The path of every field and element below a document."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    found = []
    for name, value in items:
        found += [(*path, name), *_paths(value, (*path, name))]
    return found


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """One of our documents with fields dropped, replaced or of another type."""
    document = copy.deepcopy(draw(st.sampled_from(_DOCUMENTS)))
    for _ in range(draw(st.integers(1, 4))):
        paths = _paths(document)
        if not paths:
            break
        *parents, last = draw(st.sampled_from(paths))
        inner = document
        for name in parents:
            inner = inner[name]
        if draw(st.booleans()):
            inner[last] = copy.deepcopy(draw(_values))  # drawn lists are shared: never change them
        else:
            del inner[last]
    body = json.dumps(document)
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 9)) == 0 else body


_noise = st.lists(mutated() | st.text(max_size=20) | st.just("\ud800"), max_size=12)


class OnlyReads:
    """Reads what is not about single tasks, and does nothing about it."""

    def work(self, messages: list[Message], now: float) -> set[str]:
        return set(sort_others(messages, ("123456789012", REGION), now).rejected)


def make() -> tuple[Worker, FakeGateway]:
    aws = FakeGateway().host(service(), tasks=GOOD)
    worker = Worker(
        aws, FakeTallies(), FakeSqs(), FakeBus(), QUEUE, REGION, other_worker=OnlyReads()
    )
    return worker, aws


@given(_noise, st.randoms())
def test_every_good_message_is_handled_whatever_comes_with_it(noise, random):
    worker, aws = make()
    bad = [Message(f"bad{n}", body) for n, body in enumerate(noise)]
    batch = [*(message(n) for n in GOOD), *bad]
    random.shuffle(batch)

    failed = worker.work(batch, NOW)

    assert failed <= {one.id for one in bad}
    assert {address(n) for n in GOOD} <= aws.deregistered()
    assert {task_arn(n) for n in GOOD} <= worker.drained.keys()
    assert failed >= sort(bad).rejected.keys()


@given(_noise)
def test_what_comes_back_five_times_never_raises(noise):
    worker, _ = make()
    batch = [Message(f"bad{n}", body) for n, body in enumerate(noise)]
    for attempt in range(5):
        failed = worker.work(batch, NOW + 30 * attempt)
        batch = [one for one in batch if one.id in failed]


@given(st.lists(st.sampled_from([*GOOD]), min_size=1, max_size=12), st.integers(1, 4))
def test_duplicates_in_any_order_and_any_batches_are_each_drained_once(numbers, batch_size):
    """4d: duplicate, out of order."""
    worker, aws = make()
    messages = [
        Message(f"x{place}", message(number, version=place).body)
        for place, number in enumerate(numbers)
    ]
    for start in range(0, len(messages), batch_size):
        assert worker.work(messages[start : start + batch_size], NOW + 1) == set()
    verified = [json.loads(body)["tasks"] for _, body in worker.sqs.sent]
    tasks = [task[0] for tasks in verified for task in tasks]
    assert sorted(tasks) == sorted({task_arn(number) for number in numbers})
    assert aws.deregistered() == {address(number) for number in numbers}
