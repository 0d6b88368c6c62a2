"""The second pass, against an account in memory."""

from __future__ import annotations

import pytest

from ecsops.errors import ClusterGone
from spot_drain.targets import Target
from spot_drain.verdict import Seen
from spot_drain.verification import MAX_ATTEMPTS, Findings, too_late, verify
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    OTHER_CLUSTER,
    PORT,
    address,
    check,
    failure,
    group,
    interruption,
    service,
    service_arn,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeGateway

LATER = NOW + 8


def in_rotation(*numbers: int, name: str = "web") -> FakeGateway:
    return FakeGateway().host(service("web", name), tasks=numbers)


def verdicts(findings: Findings, service_name: str = "web") -> dict[str, int]:
    """Tally set -> number of tasks."""
    sets = findings.additions.get(service_arn(service_name), {})
    return {name: len(items) for name, items in sets.items() if name != "groups"}


def unimpressed(*numbers: int) -> FakeGateway:
    """An account in which deregistering changes nothing."""
    return FakeGateway(stubborn=True).host(service(), tasks=numbers)


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (Seen.REGISTERED, "backstop"),
        (Seen.LEAVING, "native"),
        (Seen.ABSENT, "absent"),
        (Seen.UNKNOWN, "unattributed"),
    ],
)
def test_a_task_out_of_rotation_is_credited_by_what_the_first_look_showed(first, verdict):
    findings = verify([check(1, first)], 1, FakeGateway(), now=LATER)
    assert verdicts(findings) == {verdict: 1}
    assert findings.again == []


def test_the_names_of_the_groups_are_noted_except_of_deleted_ones():
    one = check(1, Seen.REGISTERED, "web")
    gone = check(2, Seen.GONE, "gone")
    findings = verify([one, gone], 1, FakeGateway(), now=LATER)
    assert findings.additions[service_arn()]["groups"] == {"web"}


def test_a_task_without_targets_is_plain():
    assert verdicts(verify([check(targets=())], 1, FakeGateway(), now=LATER)) == {"plain": 1}


def test_every_service_has_findings_of_its_own():
    other = check(2, service_arn=service_arn("api"))
    findings = verify([check(1), other], 1, FakeGateway(), now=LATER)
    assert verdicts(findings, "web") == verdicts(findings, "api") == {"backstop": 1}


@pytest.mark.parametrize("attempt", range(1, MAX_ATTEMPTS))
def test_a_task_still_in_rotation_is_taken_out_again_and_verified_again(attempt):
    aws = in_rotation(1)
    findings = verify([check(1)], attempt, aws, now=LATER)
    assert findings.again == [check(1)]
    assert findings.additions == findings.left == {}
    assert aws.registered == set()


def test_what_leaves_after_our_second_try_leaves_by_our_doing():
    findings = verify([check(1, Seen.UNKNOWN)], 1, in_rotation(1), now=LATER)
    assert [target.first for target in findings.again[0].targets] == [Seen.REGISTERED]


def test_what_leaves_after_our_second_try_failed_too_leaves_by_another_hand():
    aws = in_rotation(1)
    aws.broken[group()] = failure()
    findings = verify([check(1)], 1, aws, now=LATER)
    assert [target.first for target in findings.again[0].targets] == [Seen.UNKNOWN]


def test_a_colour_that_was_absent_stays_absent_in_the_next_attempt():
    aws = FakeGateway(registered={(group("blue"), Target(address(1), PORT))})
    both = check(1, Seen.ABSENT, "blue", "green")
    [again] = verify([both], 1, aws, now=LATER).again
    assert [target.first for target in again.targets] == [Seen.REGISTERED, Seen.ABSENT]


def test_after_the_third_attempt_a_person_is_told_which_targets_of_which_groups():
    findings = verify([check(1), check(2)], MAX_ATTEMPTS, unimpressed(1, 2), now=LATER)
    assert verdicts(findings) == {"stuck": 2}
    assert findings.again == []
    left = findings.left[service_arn()]
    assert left == {group(): {f"{address(1)}:{PORT}", f"{address(2)}:{PORT}"}}


def test_what_the_third_attempt_itself_took_out_calls_nobody():
    findings = verify([check(1)], MAX_ATTEMPTS, in_rotation(1), now=LATER)
    assert verdicts(findings) == {"backstop": 1, "in_flight": 1}
    assert findings.left == {}


def test_only_what_is_still_there_is_left_to_a_person():
    aws = unimpressed(2)
    findings = verify([check(1), check(2)], MAX_ATTEMPTS, aws, now=LATER)
    assert verdicts(findings) == {"backstop": 1, "stuck": 1}
    assert findings.left[service_arn()] == {group(): {f"{address(2)}:{PORT}"}}


def test_a_second_look_that_fails_is_no_success():
    aws = FakeGateway(blind=True)
    assert verify([check(1)], 1, aws, now=LATER).again == [check(1)]
    aws.broken[group()] = failure("Throttling")
    assert verdicts(verify([check(1)], MAX_ATTEMPTS, aws, now=LATER)) == {"stuck": 1}


def test_a_failed_look_says_nothing_against_a_deregistration_that_succeeded():
    aws = FakeGateway(blind=True)
    findings = verify([check(1)], MAX_ATTEMPTS, aws, now=LATER)
    assert verdicts(findings) == {"backstop": 1}
    assert findings.left == {}


def test_a_last_look_that_fails_saves_only_the_places_that_were_taken_out():
    aws = FakeGateway(blind=True, broken={group("other"): failure()})
    findings = verify([check(1, Seen.REGISTERED, "web", "other")], MAX_ATTEMPTS, aws, now=LATER)
    assert verdicts(findings) == {"stuck": 1}
    assert findings.left[service_arn()] == {group("other"): {f"{address(1)}:{PORT}"}}


def test_a_task_that_had_stopped_before_we_could_is_unattributed_with_a_note():
    findings = too_late([(interruption(1), service(notes=("odd",)))])
    sets = findings.additions[service_arn()]
    assert sets["unattributed"] == {f"{1:032x}"}
    assert "odd" in sets["notes"]
    assert any("calls failed until a task had stopped" in note for note in sets["notes"])


def test_a_dry_run_says_what_it_would_have_done_and_does_nothing():
    aws = in_rotation(1)
    findings = verify([check(1, dry_run=True)], 1, aws, now=LATER)
    assert verdicts(findings) == {"would": 1}
    assert aws.deregistered() == set()
    assert findings.again == []


def test_a_dry_run_takes_no_credit_for_what_ecs_did_a_little_later():
    findings = verify([check(1, Seen.REGISTERED, dry_run=True)], 1, FakeGateway(), now=LATER)
    assert verdicts(findings) == {"native": 1}


def test_while_the_address_is_certainly_the_tasks_own_ecs_is_not_asked():
    aws = in_rotation(1)
    verify([check(1)], 1, aws, now=NOW + 10)
    assert "tasks" not in {name for name, _ in aws.calls}


def test_a_look_that_took_long_makes_young_news_old():
    aws = FakeGateway(slow={"look": 19.0}).host(service(), tasks=[1])
    findings = verify([check(1, seen_at=NOW)], 1, aws, now=NOW + 8)
    assert aws.deregistered() == set()
    assert list(findings.additions[service_arn()]) == ["unattributed", "groups"]


@pytest.mark.parametrize("seen_at", [None, NOW])
def test_after_that_a_living_task_is_taken_out(seen_at):
    aws = in_rotation(1)
    aws.described[task_arn(1)] = {"lastStatus": "DEACTIVATING"}
    findings = verify([check(1, seen_at=seen_at)], 1, aws, now=NOW + 11)
    assert aws.deregistered() == {address(1)}
    assert len(findings.again) == 1


@pytest.mark.parametrize("told", [None, {"lastStatus": "STOPPED"}, {"lastStatus": "DELETED"}])
def test_after_that_the_address_of_a_dead_task_is_left_to_whom_it_belongs(told):
    """4d: the address was given to another task."""
    aws = in_rotation(1)
    aws.described |= {task_arn(1): told} if told else {}
    findings = verify([check(1)], 1, aws, now=NOW + 11)
    assert aws.deregistered() == set()
    assert verdicts(findings) == {"unattributed": 1}
    assert findings.again == []


def test_a_deleted_cluster_has_no_living_tasks():
    aws = in_rotation(1)
    aws.broken[CLUSTER] = failure("ClusterNotFoundException", ClusterGone)
    findings = verify([check(1)], 1, aws, now=NOW + 26)
    assert findings.failed == {}
    assert verdicts(findings) == {"unattributed": 1}


def test_a_failed_question_about_one_cluster_leaves_the_others_findings_alone():
    aws = in_rotation(1, 2, 3)
    aws.described[task_arn(1)] = {"lastStatus": "RUNNING"}
    aws.broken[OTHER_CLUSTER] = error = failure()
    checks = [check(1), check(2, cluster_arn=OTHER_CLUSTER), check(3, seen_at=NOW + 20)]
    findings = verify(checks, 1, aws, now=NOW + 26)
    assert findings.failed == {task_arn(2): error}
    assert {one.task_arn for one in findings.again} == {task_arn(1), task_arn(3)}
    assert aws.deregistered() == {address(1), address(3)}


def test_more_than_a_hundred_doubtful_tasks_are_asked_for_together():
    aws = in_rotation(*range(230))
    aws.described |= {task_arn(n): {"lastStatus": "RUNNING"} for n in range(230)}
    verify([check(n) for n in range(230)], 1, aws, now=NOW + 26)
    [asked] = [by_cluster for name, by_cluster in aws.calls if name == "tasks"]
    assert len(asked[CLUSTER]) == 230


def test_one_target_still_in_rotation_outweighs_the_others():
    aws = FakeGateway(registered={(group("blue"), Target(address(1), PORT))})
    findings = verify([check(1, Seen.REGISTERED, "blue", "green")], 1, aws, now=LATER)
    assert len(findings.again) == 1
    [deregistered] = [places for name, places in aws.calls if name == "deregister"]
    assert [place.group_arn for place in deregistered] == [group("blue")]


@pytest.mark.parametrize("attempt", [1, MAX_ATTEMPTS, 99])
def test_nothing_to_verify_finds_nothing(attempt):
    assert verify([], attempt, FakeGateway(), now=LATER) == Findings()
