from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spot_drain.interruption import Interruption, merge
from tests.unit.spot_drain.builders import NOW, interruption

_times = st.none() | st.sampled_from([NOW - 30, NOW, NOW + 3])
_interruptions = st.lists(
    st.builds(
        lambda number, service, started, ipv4, ipv6, at, seen, version, message: interruption(
            number,
            service_name=service,
            started_by=started,
            ipv4=ipv4,
            ipv6=ipv6,
            at=at,
            seen_at=seen,
            version=version,
            message_ids=(f"m{message}",),
        ),
        st.integers(1, 3),
        st.sampled_from([None, "", "web", "api"]),
        st.sampled_from(["", "ecs-svc/1", "ecs-svc/2"]),
        st.sampled_from([(), ("10.0.0.1",), ("10.0.0.2",)]),
        st.sampled_from([(), ("2001:db8::1",)]),
        _times,
        _times,
        st.integers(0, 3) | st.just(2**70),
        st.integers(1, 9),
    ),
    max_size=8,
)


def _told(interruptions: list[Interruption]) -> dict[str, Interruption]:
    """By task, with the messages in a fixed order."""
    return {
        one.task_arn: replace(one, message_ids=tuple(sorted(one.message_ids)))
        for one in interruptions
    }


@given(_interruptions, st.randoms())
def test_the_order_of_arrival_changes_nothing(arrived, random):
    shuffled = list(arrived)
    random.shuffle(shuffled)
    assert _told(merge(shuffled)) == _told(merge(arrived))


@given(_interruptions)
def test_merging_twice_and_duplicates_change_nothing(arrived):
    once = merge(arrived)
    assert merge(once) == once
    assert _told(merge([*arrived, *arrived])) == _told(once)


@given(_interruptions)
def test_every_task_is_told_once_and_every_message_shares_its_fate(arrived):
    merged = merge(arrived)
    assert len({one.task_arn for one in merged}) == len(merged)
    ids = {(one.task_arn, id_) for one in arrived for id_ in one.message_ids}
    assert {(one.task_arn, id_) for one in merged for id_ in one.message_ids} == ids


def test_the_newest_version_counts_whatever_comes_first():
    old = interruption(version=3, ipv4=("10.0.0.1",), message_ids=("a",))
    new = interruption(version=4, ipv4=("10.0.0.2",), message_ids=("b",))
    for order in ([old, new], [new, old]):
        [one] = merge(order)
        assert one.version == 4
        assert one.ipv4 == ("10.0.0.2",)
        assert set(one.message_ids) == {"a", "b"}


def test_what_the_newest_does_not_say_the_others_may():
    full = interruption(version=3, at=NOW - 2, seen_at=NOW - 2)
    bare = interruption(
        version=5, service_name="", started_by="", ipv4=(), at=None, seen_at=NOW, message_ids=("b",)
    )
    [one] = merge([full, bare])
    assert (one.service_name, one.started_by, one.ipv4) == ("web", "ecs-svc/1", full.ipv4)
    assert (one.at, one.seen_at, one.version) == (NOW - 2, NOW, 5)
