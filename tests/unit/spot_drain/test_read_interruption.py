from __future__ import annotations

import json

import pytest

from ecsops.errors import InvalidMessage
from spot_drain.interruption import read_interruption
from tests.unit.ecsops.events.sample_events import load
from tests.unit.spot_drain.builders import CLUSTER, NOW, event

PREFIX = "ecs-task-spot-interruption"
SHORT_TASK = "arn:aws:ecs:eu-west-1:123456789012:task/2b7f5c1d-9e8a-4f60-b3c2-d1e0f9a80001"


def read(document: dict):
    return read_interruption("m1", json.dumps(document))


def test_the_notice_says_who_where_and_since_when():
    one = read(load(PREFIX))
    assert one.cluster_arn == CLUSTER
    assert one.service_name == "web"
    assert one.started_by == "ecs-svc/4826173950284617395"
    assert one.ipv4 == ("10.0.12.34",)
    assert one.ipv6 == ()
    assert one.version == 3
    assert one.message_ids == ("m1",)
    assert one.at == pytest.approx(NOW - 0.786)
    assert one.seen_at == pytest.approx(NOW - 0.786)


@pytest.mark.parametrize("suffix", ["-deactivating", "-old-stop-code", "-no-stop-code"])
def test_every_form_of_the_notice_is_read(suffix):
    assert read(load(PREFIX + suffix)).service_name == "web"


def test_the_interface_may_come_after_service_connect():
    assert read(load(f"{PREFIX}-service-connect-first")).ipv4 == ("10.0.13.8",)


def test_a_dual_stack_task_has_both_addresses():
    assert read(load(f"{PREFIX}-dual-stack")).ipv6 == ("2001:db8:1200:34::5a",)


def test_a_standalone_task_has_no_service():
    assert read(load(f"{PREFIX}-standalone")).service_name is None


@pytest.mark.parametrize("attachments", [..., None, [], [{"type": "sdi", "details": []}], "x"])
def test_without_an_interface_there_is_no_address(attachments):
    assert read(event(attachments=attachments)).ipv4 == ()


@pytest.mark.parametrize("name", [f"{PREFIX}-stopped", "ecs-task-running", "ecs-task-scaled-in"])
def test_other_task_events_are_none_of_our_business(name):
    assert read(load(name)) is None


def test_another_kind_of_event_is_rejected():
    with pytest.raises(InvalidMessage, match=r"^\$\.detail-type"):
        read(load("ec2-spot-interruption-warning"))


@pytest.mark.parametrize("field", ["taskArn", "clusterArn", "desiredStatus", "lastStatus"])
def test_what_is_needed_and_missing_is_named(field):
    with pytest.raises(InvalidMessage) as caught:
        read(event(**{field: ...}))
    assert caught.value.path == f"$.detail.{field}"


@pytest.mark.parametrize("group", [..., None, 5, "", "service:", "service:a b", "service:a/b"])
def test_a_task_that_does_not_name_its_service_is_no_standalone_task(group):
    assert read(event(group=group)).service_name == ""


def test_an_old_short_task_arn_is_read():
    assert read(event(taskArn=SHORT_TASK)).task_arn == SHORT_TASK


@pytest.mark.parametrize(
    "arn",
    [
        "2b7f5c1d9e8a4f60b3c2d1e0f9a80001",
        "arn:aws:ecs:eu-west-1:123456789012:service/prod/web",
        "arn:aws:ecs:eu-west-1:123456789012:task/staging/0",
        "arn:aws:ecs:eu-west-1:123456789012:task/prod/a b",
        "arn:aws:ecs:eu-west-1:123456789012:task/prod/\uffff",
        "arn:aws:ecs:eu-west-1:123456789012:task/prod/" + "0" * 1_000_000,
        "arn:aws:ecs:eu-west-1:1:task/prod/0",
        "",
    ],
    ids=lambda arn: arn[-20:] or "empty",
)
def test_a_task_arn_that_ecs_would_not_understand_is_rejected_alone(arn):
    with pytest.raises(InvalidMessage) as caught:
        read(event(taskArn=arn))
    assert caught.value.path == "$.detail.taskArn"


@pytest.mark.parametrize("arn", ["prod", "", "arn:aws:ecs:eu-west-1:123456789012:cluster/a b"])
def test_a_cluster_arn_that_ecs_would_not_understand_is_rejected_alone(arn):
    with pytest.raises(InvalidMessage) as caught:
        read(event(taskArn=SHORT_TASK, clusterArn=arn))
    assert caught.value.path == "$.detail.clusterArn"


@pytest.mark.parametrize("text", ["soon", "", 5, None, ...])
def test_a_time_in_no_known_form_is_as_good_as_none(text):
    document = event(stoppingAt=text, updatedAt=text)
    document["time"] = text if text is not ... else None
    one = read(document)
    assert one.at is None
    assert one.seen_at is None
    assert not one.is_fresh(NOW)
    assert one.seconds_left(NOW) is None


def test_times_with_nanoseconds_and_without_a_zone_are_read():
    one = read(event(stoppingAt="2026-03-02T09:00:00.123456789", updatedAt=...))
    assert one.at == pytest.approx(NOW + 0.123456)


@pytest.mark.parametrize(
    ("updated_at", "fresh"),
    [
        ("2026-03-02T09:00:00Z", True),
        ("2026-03-02T08:59:51Z", True),
        ("2026-03-02T08:59:49Z", False),
        ("2026-03-01T09:00:00Z", False),
        ("0001-01-01T00:00:00Z", False),
    ],
)
def test_late_events_are_not_trusted(updated_at, fresh):
    """The address may belong to another task by then (late, over 10 s)."""
    assert read(event(updatedAt=updated_at)).is_fresh(NOW) is fresh


def test_an_event_from_the_far_future_is_not_trusted_for_ever():
    document = event(updatedAt="9999-12-31T23:59:59Z")
    document["time"] = "9999-12-31T23:59:59Z"
    assert not read(document).is_fresh(NOW)


@pytest.mark.parametrize(
    ("stopping_at", "left"),
    [
        ("2026-03-02T09:00:00Z", 120),
        ("2026-03-02T08:59:00Z", 60),
        ("2026-03-02T08:00:00Z", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", 120),
    ],
)
def test_what_is_left_is_between_nothing_and_two_minutes(stopping_at, left):
    assert read(event(stoppingAt=stopping_at)).seconds_left(NOW) == left
