from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_drain.targets import Target
from spot_drain.verdict import OUT_OF_ROTATION, Looks, Seen, Verdict, judge, seen_in

_looks = st.lists(st.builds(Looks, st.sampled_from(Seen), st.sampled_from(Seen)), max_size=6)
IP = Target("10.0.0.1", 80)


def health(state: str, reason: str | None = None, target: Target = IP, **changes) -> dict:
    told = {"State": state} | ({"Reason": reason} if reason else {})
    return {"Target": {"Id": target.id, "Port": target.port, **changes}, "TargetHealth": told}


@pytest.mark.parametrize(
    ("state", "reason", "seen"),
    [
        ("healthy", None, Seen.REGISTERED),
        ("initial", "Elb.RegistrationInProgress", Seen.REGISTERED),
        ("unhealthy", "Target.Timeout", Seen.REGISTERED),
        ("unhealthy.draining", None, Seen.REGISTERED),
        ("unavailable", "Target.HealthCheckDisabled", Seen.REGISTERED),
        ("unused", "Target.NotInUse", Seen.REGISTERED),
        ("unused", "Target.NotRegistered", Seen.ABSENT),
        ("unused", None, Seen.REGISTERED),
        ("draining", "Target.DeregistrationInProgress", Seen.LEAVING),
        ("draining", None, Seen.LEAVING),
        ("of-tomorrow", None, Seen.REGISTERED),
    ],
)
def test_only_draining_and_unregistered_targets_are_out_of_rotation(state, reason, seen):
    assert seen_in([health(state, reason)], [IP]) == {IP: seen}
    assert (seen in OUT_OF_ROTATION) is (seen is not Seen.REGISTERED)


def test_a_target_that_is_not_described_is_not_registered():
    assert seen_in([], [IP]) == {IP: Seen.ABSENT}


def test_another_port_is_another_target():
    assert seen_in([health("healthy", target=Target(IP.id, 81))], [IP]) == {IP: Seen.ABSENT}


def test_an_ipv6_target_is_found_however_it_is_written():
    asked = Target("2001:db8::1", 80)
    answer = health("healthy", target=Target("2001:0DB8:0:0:0:0:0:1", 80))
    assert seen_in([answer], [asked]) == {asked: Seen.REGISTERED}


def test_what_only_resembles_an_ipv6_address_is_compared_as_it_is():
    odd = Target("not:an:address", 80)
    assert seen_in([health("healthy", target=odd)], [odd]) == {odd: Seen.REGISTERED}


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (Seen.LEAVING, Seen.ABSENT, Verdict.NATIVE),
        (Seen.ABSENT, Seen.ABSENT, Verdict.ABSENT),
        (Seen.GONE, Seen.GONE, Verdict.ABSENT),
        (Seen.ABSENT, Seen.LEAVING, Verdict.UNATTRIBUTED),
        (Seen.REGISTERED, Seen.LEAVING, Verdict.BACKSTOP),
        (Seen.REGISTERED, Seen.GONE, Verdict.BACKSTOP),
        (Seen.UNKNOWN, Seen.LEAVING, Verdict.UNATTRIBUTED),
        (Seen.LEAVING, Seen.REGISTERED, Verdict.STUCK),
        (Seen.REGISTERED, Seen.REGISTERED, Verdict.STUCK),
        (Seen.REGISTERED, Seen.UNKNOWN, Verdict.STUCK),
    ],
)
def test_two_looks_tell_who_took_a_target_out(first, second, verdict):
    assert judge([Looks(first, second)]) is verdict


def test_a_task_without_targets_gets_no_verdict():
    assert judge([]) is None


def test_absence_from_the_other_colour_says_nothing():
    blue, green = Looks(Seen.REGISTERED, Seen.LEAVING), Looks(Seen.ABSENT, Seen.ABSENT)
    assert judge([blue, green]) is Verdict.BACKSTOP


@given(_looks, st.randoms())
def test_the_order_of_the_targets_changes_nothing(looks, random):
    shuffled = list(looks)
    random.shuffle(shuffled)
    assert judge(shuffled) == judge(looks)
    assert judge([*looks, *looks]) == judge(looks)


@given(_looks)
def test_stuck_means_exactly_that_a_target_is_not_known_to_be_out(looks):
    left = any(pair.second not in OUT_OF_ROTATION for pair in looks)
    assert (judge(looks) is Verdict.STUCK) is left


@given(_looks)
def test_ecs_is_only_credited_when_no_target_was_seen_in_rotation(looks):
    if judge(looks) is Verdict.NATIVE:
        assert {pair.first for pair in looks} <= OUT_OF_ROTATION


@given(_looks, st.builds(Looks, st.sampled_from(Seen), st.sampled_from(Seen)))
def test_one_more_target_never_makes_a_verdict_lighter(looks, more):
    order = [
        None,
        Verdict.ABSENT,
        Verdict.NATIVE,
        Verdict.UNATTRIBUTED,
        Verdict.BACKSTOP,
        Verdict.STUCK,
    ]
    assert order.index(judge([*looks, more])) >= order.index(judge(looks))
