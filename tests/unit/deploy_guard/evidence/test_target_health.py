"""Why a load balancer calls targets unhealthy."""

import pytest

from deploy_guard.evidence.target_health import read, told
from deploy_guard.evidence.unavailable import Unavailable
from tests.unit.deploy_guard.builders import TARGET_GROUP
from tests.unit.deploy_guard.evidence.stubs import stubbed


def target(state, reason=None, description=None, address="10.0.0.7"):
    said = {"Reason": reason, "Description": description}
    health = {"State": state} | {name: text for name, text in said.items() if text}
    return {"Target": {"Id": address, "Port": 8080}, "TargetHealth": health}


MISMATCH = (
    "unhealthy",
    "Target.ResponseCodeMismatch",
    "Health checks failed with these codes: [404]",
)


def look(*targets, events=()):
    answer = {"TargetHealthDescriptions": list(targets)}
    exchange = ("describe_target_health", {"TargetGroupArn": TARGET_GROUP}, answer)
    with stubbed("elbv2", exchange) as elbv2:
        return read(elbv2, TARGET_GROUP, events)


def test_s04_the_reason_code_and_the_codes_are_told():
    health = look(target("healthy"), target(*MISMATCH))
    assert (health.group, health.short) == ("web", "Target.ResponseCodeMismatch [404]")
    assert health.rows == (("10.0.0.7:8080", *MISMATCH),)
    assert "path" in health.advice


def test_the_most_frequent_reason_wins():
    health = look(
        target("unhealthy", "Target.Timeout", "Request timed out"),
        target(*MISMATCH, address="10.0.0.8"),
        target(*MISMATCH, address="10.0.0.9"),
    )
    assert health.reason == "Target.ResponseCodeMismatch"
    assert len(health.rows) == 3


def test_targets_that_are_still_being_checked_count_only_if_there_is_nothing_else():
    initial = target("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
    assert look(initial).reason == "Elb.InitialHealthChecking"
    assert "grace period" in look(initial).advice
    assert look(initial, target(*MISMATCH)).reason == "Target.ResponseCodeMismatch"
    event = "(port 1) is unhealthy in target-group web due to (reason Request timed out)"
    assert look(initial, events=[event]).reason == "Target.Timeout"


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("Health checks failed with these codes: [404]", "Target.ResponseCodeMismatch [404]"),
        ("Request timed out", "Target.Timeout"),
        ("Health checks failed", "Target.FailedHealthChecks"),
    ],
)
def test_events_remember_what_the_group_forgot(words, short):
    event = (
        f"service web (instance 10.0.0.7) (port 8080) is unhealthy in target-group web due to "
        f"(reason {words})"
    )
    health = look(target("draining"), events=[event, event, "(service web) has started 1 tasks"])
    assert health.short == short
    assert health.rows[0][0] == "port 8080"


def test_events_name_the_group_or_its_arn():
    event = (
        f"(service web) (task 0c) (port 80) is unhealthy in (target-group {TARGET_GROUP}) due to "
        "(reason Health checks failed with these codes: [502])."
    )
    assert look(events=[event]).short == "Target.ResponseCodeMismatch [502]"


def test_another_groups_event_is_not_ours():
    event = "(port 1) is unhealthy in target-group other due to (reason Request timed out)"
    assert isinstance(look(events=[event]), Unavailable)


def test_nothing_unhealthy_any_more():
    missing = look(target("healthy"))
    assert isinstance(missing, Unavailable)
    assert "no unhealthy target" in str(missing)


def test_at_most_five_targets_are_listed():
    assert len(look(*(target(*MISMATCH, address=f"10.0.0.{n}") for n in range(9))).rows) == 5


def test_what_the_service_says_in_known_words_needs_no_call():
    event = (
        f"(service web) (task 0c) (port 80) is unhealthy in (target-group {TARGET_GROUP}) due to "
        "(reason Health checks failed with these codes: [404])."
    )
    health = told(TARGET_GROUP, [event])
    assert (health.group, health.short) == ("web", "Target.ResponseCodeMismatch [404]")
    assert "path" in health.advice


@pytest.mark.parametrize("reason", ["some words of tomorrow", ""])
def test_the_group_is_asked_where_the_service_does_not_say_it(reason):
    event = f"(port 80) is unhealthy in target-group web due to (reason {reason})"
    assert told(TARGET_GROUP, [event]) is None
    assert told(TARGET_GROUP, []) is None
