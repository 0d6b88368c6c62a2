from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import InvalidMessage
from spot_drain.messages import (
    Report,
    TargetCheck,
    TaskCheck,
    Verify,
    encode,
    join,
    probe,
    read_own,
    report_bodies,
    verify_bodies,
)
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import NOW, check, group, service_arn, task_arn

_seen = st.sampled_from(Seen)
_targets = st.builds(
    TargetCheck, st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"]), st.just(80), _seen
)
_times = st.none() | st.floats(0, 1e10)
_checks = st.lists(
    st.builds(
        TaskCheck,
        st.sampled_from(["t1", "t2"]),
        st.just("s"),
        st.just("c"),
        _times,
        _times,
        st.booleans(),
        st.lists(_targets, max_size=4, unique_by=lambda t: (t.group_arn, t.id)).map(tuple),
    ),
    max_size=6,
)


@given(_checks, st.integers(1, 9))
def test_a_verification_reads_back_as_it_was_written(checks, attempt):
    message = Verify(tuple(checks), attempt)
    assert read_own(encode(message)) == message


def test_a_report_reads_back_as_it_was_written():
    message = Report((service_arn("web"), service_arn("api")))
    assert read_own(encode(message)) == message


@pytest.mark.parametrize("body", ["{}", '{"source": "aws.ecs"}', '{"spot_drain": 5}'])
def test_an_event_is_no_message_of_ours(body):
    assert probe(body).spot_drain is None


def test_what_a_message_is_shows_without_reading_the_rest_of_it():
    assert probe('{"detail-type": "ECS Task State Change", "detail": 5}').detail_type == (
        "ECS Task State Change"
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"spot_drain": "of-tomorrow"}',
        '{"spot_drain": "report"}',
        '{"spot_drain": "report", "service_arns": ["no ARN"]}',
        '{"spot_drain": "verify"}',
        '{"spot_drain": "verify", "tasks": [5]}',
        '{"spot_drain": "verify", "tasks": [["t", "s", "c", null, null, false, [["g", "1", 80, "?"]]]]}',
        '{"spot_drain": "verify", "tasks": [["t"]]}',
    ],
)
def test_a_message_of_ours_that_cannot_be_understood_is_rejected(body):
    with pytest.raises(InvalidMessage):
        read_own(body)


def _summary(checks):
    """What a check says, whatever the order of its targets."""
    return {
        c.task_arn: (c.at, c.seen_at, c.dry_run, {(t.group_arn, t.id): t.first for t in c.targets})
        for c in checks
    }


@given(_checks, st.randoms())
def test_checks_of_one_task_join_in_whatever_order_and_number(checks, random):
    shuffled = [*checks, *checks]
    random.shuffle(shuffled)
    assert _summary(join(shuffled)) == _summary(join(checks))


@given(_checks)
def test_joining_loses_no_target(checks):
    joined = join(checks)
    assert len({one.task_arn for one in joined}) == len(joined)
    places = {(c.task_arn, t.group_arn, t.id) for c in checks for t in c.targets}
    assert {(c.task_arn, t.group_arn, t.id) for c in joined for t in c.targets} == places


def test_two_waves_of_one_task_become_one_check_with_all_targets():
    [one] = join([check(1, Seen.REGISTERED, "web"), check(1, Seen.ABSENT, "next")])
    assert {target.group_arn for target in one.targets} == {group("web"), group("next")}


def test_who_saw_a_target_in_rotation_is_believed():
    """Two functions handle two events of one task: the second finds it leaving."""
    for order in ((Seen.REGISTERED, Seen.LEAVING), (Seen.LEAVING, Seen.REGISTERED)):
        [one] = join([check(1, first) for first in order])
        assert [target.first for target in one.targets] == [Seen.REGISTERED]


def test_a_joined_check_knows_the_first_notice_and_the_last_sign_of_life():
    [one] = join([check(1, at=NOW, seen_at=None), check(1, at=NOW - 3, seen_at=NOW)])
    assert (one.at, one.seen_at) == (NOW - 3, NOW)


def test_a_check_on_dry_run_makes_the_joined_one_a_dry_run():
    [one] = join([check(1, dry_run=True), check(1)])
    assert one.dry_run


def _all(bodies):
    return [task for body in bodies for task in read_own(body).tasks]


def test_a_storm_is_verified_in_few_messages_of_a_size_that_sqs_takes():
    checks = [check(n) for n in range(1000)]
    bodies = verify_bodies(checks, 2)
    assert len(bodies) == 4
    assert _all(bodies) == checks
    assert {read_own(body).attempt for body in bodies} == {2}


def test_the_tasks_of_a_service_are_verified_together():
    names = ["a", "b", "c", "d"]
    bodies = verify_bodies([check(n, service_arn=names[n % 4]) for n in range(1000)], 1)
    assert [{task.service_arn for task in read_own(b).tasks} for b in bodies] == [
        {name} for name in names
    ]


def test_the_storms_of_many_services_are_told_of_in_few_messages():
    arns = [service_arn(f"s{n}") for n in range(250)]
    reports = [read_own(body).service_arns for body in report_bodies(arns)]
    assert [arn for part in reports for arn in part] == arns
    assert list(map(len, reports)) == [100, 100, 50]


def test_tasks_with_many_target_groups_take_more_messages():
    checks = [check(n, Seen.LEAVING, *(f"group-{g}" for g in range(20))) for n in range(250)]
    bodies = verify_bodies(checks, 1)
    assert len(bodies) > 1
    assert _all(bodies) == checks
    assert max(map(len, bodies)) <= 200_000


def test_a_single_task_is_never_split():
    huge = check(1, Seen.LEAVING, *(f"group-{g}" for g in range(3000)))
    assert len(verify_bodies([huge], 1)) == 1


def test_nothing_to_verify_is_no_message():
    assert verify_bodies([], 1) == []


def test_a_check_names_the_places_of_its_targets():
    one = check(1)
    place = one.membership(one.targets[0])
    assert (place.group_arn, place.task_arn) == (group(), task_arn(1))
    assert one.service_arn == service_arn()
