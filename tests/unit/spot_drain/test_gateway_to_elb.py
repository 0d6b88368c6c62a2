"""The gateway's calls to ELB: how many, how large, and what their failures mean."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecsops.errors import HeldBack
from spot_drain.aws import Aws
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import (
    NOW,
    PORT,
    address,
    group,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeClient, refusal


def make(*, elb: FakeClient | None = None) -> Aws:
    return Aws(FakeClient(), elb or FakeClient(), "on", lambda: NOW)


def place(number: int, name: str = "web") -> Membership:
    return Membership(group(name), Target(address(number), PORT), task_arn(number))


def healthy(params: dict) -> dict:
    return {
        "TargetHealthDescriptions": [
            {"Target": target, "TargetHealth": {"State": "healthy"}} for target in params["Targets"]
        ]
    }


def test_a_group_is_looked_at_and_emptied_in_one_call_each():
    elb = FakeClient({"describe_target_health": healthy, "deregister_targets": {}})
    places = [place(n) for n in range(40)]
    seen, failed = make(elb=elb).look_and_deregister(places)
    assert seen == dict.fromkeys(places, Seen.REGISTERED)
    assert failed == {}
    assert sorted(operation for operation, _ in elb.calls) == [
        "deregister_targets",
        "describe_target_health",
    ]
    assert {"Id": address(7), "Port": PORT} in elb.calls[0][1]["Targets"]


def test_nothing_to_take_out_costs_no_call():
    assert make().look_and_deregister([]) == ({}, {})
    assert make().look([]) == {}


@pytest.mark.parametrize("code", ["TargetGroupNotFound", "TargetGroupNotFoundException"])
def test_a_deleted_group_does_not_hold_up_the_others(code):
    """4d: TargetGroupNotFound, continue with the others."""

    def answer(params):
        gone = params["TargetGroupArn"] == group("gone")
        return refusal(code) if gone else healthy(params)

    elb = FakeClient({"describe_target_health": answer, "deregister_targets": answer})
    seen, failed = make(elb=elb).look_and_deregister([place(1), place(1, "gone")])
    assert seen == {place(1): Seen.REGISTERED, place(1, "gone"): Seen.GONE}
    assert failed == {}


def test_throttled_deregistration_fails_its_own_places_only():
    def answer(params):
        busy = params["TargetGroupArn"] == group("busy")
        return refusal("Throttling") if busy else {}

    elb = FakeClient({"describe_target_health": healthy, "deregister_targets": answer})
    seen, failed = make(elb=elb).look_and_deregister([place(1), place(2, "busy")])
    assert failed.keys() == {place(2, "busy")}
    assert failed[place(2, "busy")].code == "Throttling"
    assert set(seen.values()) == {Seen.REGISTERED}


def test_a_look_that_fails_says_nothing():
    elb = FakeClient({"describe_target_health": refusal("Throttling")})
    assert make(elb=elb).look([place(1)]) == {place(1): Seen.UNKNOWN}


@pytest.mark.parametrize("code", ["InvalidTarget", "InvalidTargetException", "ValidationError"])
def test_a_dual_stack_task_leaves_a_group_that_takes_one_family(code):
    """4d: InvalidTarget for the other family."""
    v6 = Membership(group(), Target("2001:db8::1", PORT), task_arn(1))

    def answer(params):
        refused = any(":" in target["Id"] for target in params["Targets"])
        return refusal(code) if refused else healthy(params)

    elb = FakeClient({"describe_target_health": answer, "deregister_targets": answer})
    seen, failed = make(elb=elb).look_and_deregister([place(1), v6])
    assert seen == {place(1): Seen.REGISTERED, v6: Seen.ABSENT}
    assert failed == {}


DENIED = "User: x is not authorized to perform: elasticloadbalancing:DeregisterTargets "


@pytest.mark.parametrize(
    ("operation", "reason", "held_back"),
    [
        ("deregister_targets", "with an explicit deny in an identity-based policy", True),
        ("deregister_targets", "with an explicit deny in a service control policy", False),
        ("deregister_targets", "because no identity-based policy allows it", False),
        ("describe_target_health", "with an explicit deny in an identity-based policy", False),
    ],
)
def test_only_the_owners_own_tag_holds_back(operation, reason, held_back):
    denied = ClientError(
        {"Error": {"Code": "AccessDenied", "Message": DENIED + reason}}, "Operation"
    )
    answers = {"describe_target_health": healthy, "deregister_targets": {}}
    elb = FakeClient(answers | {operation: denied})
    seen, failed = make(elb=elb).look_and_deregister([place(1)])
    if operation == "deregister_targets":
        assert isinstance(failed[place(1)], HeldBack) is held_back
    else:
        assert (seen, failed) == ({place(1): Seen.UNKNOWN}, {})


@pytest.mark.parametrize("operation", ["describe_target_health", "deregister_targets"])
def test_a_fault_of_ours_is_loud(operation):
    answers = {"describe_target_health": healthy, "deregister_targets": {}}
    elb = FakeClient(answers | {operation: TypeError("ours")})
    with pytest.raises(TypeError, match="ours"):
        make(elb=elb).look_and_deregister([place(1)])
