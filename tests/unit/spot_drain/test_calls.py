from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import TargetGroupGone, TargetRefused
from spot_drain.calls import benign, calls_for, seen_by_membership
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import PORT, address, failure, group, task_arn

V4, V6 = Target("10.0.0.1", PORT), Target("2001:db8::1", PORT)
GONE, REFUSED = failure(kind=TargetGroupGone), failure(kind=TargetRefused)


def place(number: int, name: str = "web") -> Membership:
    return Membership(group(name), Target(address(number), PORT), task_arn(number))


_places = st.lists(
    st.builds(
        Membership,
        st.sampled_from([group("a"), group("b")]),
        st.builds(Target, st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1"]), st.just(80)),
        st.integers(0, 400).map(task_arn),
    ),
    max_size=300,
)


@given(_places)
def test_every_place_is_in_exactly_one_call_of_its_group_and_family(places):
    calls = calls_for(places)
    assert sorted(p for call in calls for p in call.places) == sorted(set(places))
    for call in calls:
        assert 1 <= len(call.places) <= 100
        assert {(p.group_arn, p.target.is_ipv6) for p in call.places} == {
            (call.group_arn, call.is_ipv6)
        }


@given(_places, st.randoms())
def test_the_calls_are_the_same_in_whatever_order_the_places_come(places, random):
    shuffled = list(places)
    random.shuffle(shuffled)
    assert calls_for(shuffled) == calls_for(places)


def test_more_than_a_hundred_targets_of_a_group_take_several_calls():
    assert [len(call.places) for call in calls_for(place(n) for n in range(250))] == [100, 100, 50]


def test_nothing_to_ask_is_no_call():
    assert calls_for([]) == []


def both_families() -> list:
    return calls_for(Membership(group(), target, task_arn(1)) for target in (V4, V6))


def test_a_group_refuses_the_other_family_and_that_is_fine():
    v4, v6 = both_families()
    assert benign([v4, v6], [{}, REFUSED]) == {v6}
    assert benign([v4, v6], [REFUSED, {}]) == {v4}


def test_a_group_that_refuses_both_families_refuses_the_task():
    assert benign(both_families(), [REFUSED, REFUSED]) == set()


def test_a_refusal_is_not_fine_while_the_other_family_is_throttled():
    assert benign(both_families(), [failure(), REFUSED]) == set()


def test_a_refusal_of_the_only_family_is_not_fine():
    assert benign(calls_for([place(1)]), [REFUSED]) == set()


def test_a_group_that_was_deleted_holds_nothing():
    [call] = calls_for([place(1)])
    assert benign([call], [GONE]) == {call}


def test_what_the_calls_answer_is_said_of_each_place():
    gone, other, web = calls_for([place(1, "gone"), place(2, "other"), place(3, "web")])
    seen = seen_by_membership(
        [gone, other, web], [GONE, failure(), {web.places[0].target: Seen.LEAVING}]
    )
    assert seen == {
        place(1, "gone"): Seen.GONE,
        place(2, "other"): Seen.UNKNOWN,
        place(3, "web"): Seen.LEAVING,
    }


def test_the_family_that_a_group_does_not_take_is_absent():
    v4, v6 = both_families()
    seen = seen_by_membership([v4, v6], [{V4: Seen.REGISTERED}, REFUSED])
    assert set(seen.values()) == {Seen.REGISTERED, Seen.ABSENT}


def test_a_fault_of_ours_does_not_pass_for_an_answer():
    with pytest.raises(KeyError):
        seen_by_membership(calls_for([place(1)]), [KeyError("ours")])
