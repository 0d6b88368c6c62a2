"""States in a few items of one table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import CallFailed
from ecsops.observability import metrics
from ecsops.queue_status import STATUS_KEY, QueueStatus, decode_status
from queue_scaling.state import (
    PAGES,
    Change,
    QueueState,
    Sample,
    ServiceState,
    decode,
    encode,
    page_of,
    pages,
)
from queue_scaling.store import Store

PREFIX = "arn:aws:ecs:eu-west-1:123456789012:service/prod"
NOW = 1_767_603_603.0


def states(count, at=NOW, interval=60):
    return {f"{PREFIX}/s{n}": (interval, ServiceState(at=at, required=n)) for n in range(count)}


def test_what_is_written_is_read(dynamodb):
    store = Store(dynamodb, "ops")
    full = ServiceState(
        at=NOW,
        queues={"orders": QueueState(NOW, 1, 2, 3, 4.5, 2.0, 1, NOW, (Sample(1, 2, 3, 4),))},
        recent=((NOW, 3),),
        change=Change(NOW, 1, 2, "why"),
        explanation=("a", "b"),
    )
    store.write({f"{PREFIX}/a": (60, full)}, None, NOW)
    assert store.read((60,)) == {f"{PREFIX}/a": full}
    assert store.read((20,)) == {}


def test_a_thousand_services_are_a_few_items(dynamodb):
    store = Store(dynamodb, "ops")
    store.write(states(1000), None, NOW)
    assert len(store.read((20, 60))) == 1000
    assert dynamodb.scan(TableName="ops")["Count"] == PAGES


def test_a_service_that_changes_its_interval_leaves_its_old_page(dynamodb):
    store = Store(dynamodb, "ops")
    arn = f"{PREFIX}/a"
    store.write({arn: (20, ServiceState(NOW))}, None, NOW)
    store.read((20, 60))
    store.write({arn: (60, ServiceState(NOW + 60))}, None, NOW + 60)
    assert store.read((20,)) == {}
    assert store.read((60,))[arn].at == NOW + 60


def test_of_two_copies_the_newer_one_holds(dynamodb):
    store = Store(dynamodb, "ops")
    arn = f"{PREFIX}/a"
    store.write({arn: (20, ServiceState(NOW + 20))}, None, NOW)
    store.write({arn: (60, ServiceState(NOW))}, None, NOW)
    assert store.read((20, 60))[arn].at == NOW + 20


def test_the_status_is_an_item_of_its_own(dynamodb):
    store = Store(dynamodb, "ops")
    status = {f"{PREFIX}/a": QueueStatus(12.5, 60.0, 3)}
    store.write({}, status, NOW)
    store.write(states(3), None, NOW)
    item = dynamodb.get_item(TableName="ops", Key={"pk": {"S": STATUS_KEY}})["Item"]
    assert decode_status(item["services"]["B"]) == status
    # So that nobody takes it for how things stand when nobody looks any more.
    assert item["at"] == {"N": str(int(NOW))}


def test_nothing_to_write_is_no_call():
    Store(None, "ops").write({}, None, NOW)


class Throttled:
    """Takes or hands out nothing the first times."""

    def __init__(self, times):
        self.times = times

    def batch_get_item(self, RequestItems):  # noqa: N803
        self.times -= 1
        left = RequestItems if self.times >= 0 else {}
        return {"Responses": {}, "UnprocessedKeys": left}


def test_what_was_not_processed_is_asked_for_again():
    assert Store(Throttled(2), "ops").read((60,)) == {}


def test_but_not_for_ever():
    with pytest.raises(CallFailed):
        Store(Throttled(9), "ops").read((60,))


def test_a_page_that_cannot_be_written_fails_the_tick(dynamodb):
    with pytest.raises(CallFailed, match="PutItem: ResourceNotFoundException"):
        Store(dynamodb, "elsewhere").write(states(1), None, NOW)


@pytest.mark.parametrize("there", [{}, states(1)], ids=["new", "known"])
def test_of_two_ticks_at_a_time_the_first_to_write_is_remembered(dynamodb, there):
    arn = f"{PREFIX}/s0"
    Store(dynamodb, "ops").write(there, None, NOW)
    first, second = Store(dynamodb, "ops"), Store(dynamodb, "ops")
    first.read((20, 60))
    second.read((60,))
    second.write({arn: (60, ServiceState(NOW + 2))}, None, NOW)
    first.write({arn: (60, ServiceState(NOW + 1))}, None, NOW)
    assert metrics.metric_set["OvertakenTicks"]["Value"] == [1.0]
    assert first.read((60,))[arn].at == NOW + 2
    first.write({arn: (60, ServiceState(NOW + 3))}, None, NOW)
    assert second.read((60,))[arn].at == NOW + 3


def test_pages_without_services_are_not_written_again(dynamodb):
    """Each would cost a write a minute."""
    store = Store(dynamodb, "ops")
    store.write(states(1), None, NOW)
    store.read((20, 60))
    store.write({}, None, NOW)
    assert store.read((20, 60)) == {}
    counted = Counted()
    store.dynamodb = counted
    store.write({}, None, NOW)
    assert counted.items == []


class Counted:
    def __init__(self):
        self.items = []

    def put_item(self, Item, **_):  # noqa: N803
        self.items.append(Item)


def test_a_page_that_was_written_before_there_were_versions_is_taken_over(dynamodb):
    arn = f"{PREFIX}/a"
    dynamodb.put_item(
        TableName="ops",
        Item={
            "pk": {"S": page_of(arn, 60)},
            "services": {"B": encode({arn: ServiceState(NOW)})},
            "expires_at": {"N": "1"},
        },
    )
    store = Store(dynamodb, "ops")
    assert store.read((60,))[arn].at == NOW
    store.write({arn: (60, ServiceState(NOW + 60))}, None, NOW)
    assert store.read((60,))[arn].at == NOW + 60


@given(st.binary(max_size=200))
def test_a_page_that_nobody_understands_is_empty(content):
    assert decode(content) == {}
    assert decode_status(content) == {}


def test_a_page_of_an_older_version_is_read():
    import zlib

    import msgspec

    older = zlib.compress(msgspec.msgpack.encode({"a": [NOW, {}]}))
    assert decode(older) == {"a": ServiceState(at=NOW)}


def test_every_service_has_one_page_of_those_that_are_read():
    for interval in (20, 60):
        assert page_of(f"{PREFIX}/x", interval) in pages((interval,))


def test_a_page_of_many_services_stays_far_below_an_items_limit():
    reason = "orders: 123 waiting, 45 in flight, 6.7/s arriving, 2 s each, SLO 60 s"
    samples = tuple(Sample(29_460_060 + n, n * 7 % 50, n % 9, 20) for n in range(20))
    page = {
        f"{PREFIX}/service-{n}": ServiceState(
            at=NOW + n,
            queues={"orders": QueueState(NOW, n, 7, 0, n / 7, 2 + n / 999, 4, NOW, samples)},
            explanation=tuple(f"{line}: {reason} {n}" for line in range(8)),
            reason=reason,
        )
        for n in range(1000)
    }
    assert len(encode(page)) < 400_000
