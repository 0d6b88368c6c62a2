"""What AWS says of instances, read without assuming more than it promises."""

from __future__ import annotations

import json

import pytest

from ecsops.errors import InvalidMessage
from ecsops.events.envelope import parse_event
from ecsops.queue import Message
from spot_drain.instance_messages import sort_others
from spot_drain.notices import merge, read_bare_hook, read_notice
from spot_drain.retirement import read_retirement
from tests.unit.ecsops.events.sample_events import load

ACCOUNT = "123456789012"
NOW = 1_772_442_000.0  # the samples' 2026-03-02T09:00:00Z


def notice(name: str, **detail):
    event = load(name)
    return read_notice(
        "m", parse_event(json.dumps(event | {"detail": event["detail"] | detail})), NOW
    )


def test_a_warning_leaves_two_minutes_and_a_hibernation_none_to_wait_for():
    assert notice("ec2-spot-interruption-warning").ends_at == NOW + 120
    hibernation = notice("ec2-spot-interruption-warning", **{"instance-action": "hibernate"})
    assert hibernation.ends_at <= NOW + 25


def test_a_recommendation_has_no_end():
    told = notice("ec2-rebalance-recommendation")
    assert (told.kind, told.ends_at) == ("rebalance", None)


def test_a_hook_is_the_same_with_an_envelope_without_one_and_through_a_topic():
    direct = json.dumps(load("asg-lifecycle-direct-to-queue"))
    topic = json.dumps({"Type": "Notification", "Message": direct, "TopicArn": "t"})
    enveloped = notice("asg-terminate-lifecycle-action")
    for body in (direct, topic):
        told = read_bare_hook("m", body, NOW)
        assert (told.instance_id, told.kind) == (enveloped.instance_id, "hook")
        assert told.hook.lifecycle_action_token == enveloped.hook.lifecycle_action_token


def test_a_test_notification_and_a_launch_hook_ask_for_nothing():
    launch = load("asg-lifecycle-direct-to-queue") | {
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"
    }
    assert read_bare_hook("m", json.dumps(load("asg-lifecycle-test-notification")), NOW) is None
    assert read_bare_hook("m", json.dumps(launch), NOW) is None


@pytest.mark.parametrize(
    "instance_id", ["", "i-", "i-' or 1", "i-" + "0" * 40, "mi-0123", "i-\u0661"]
)
def test_what_is_no_instance_id_gets_into_no_query(instance_id):
    with pytest.raises(InvalidMessage, match="instance-id"):
        notice("ec2-spot-interruption-warning", **{"instance-id": instance_id})


def test_copies_of_a_notice_are_one_with_all_their_messages():
    event = parse_event(json.dumps(load("ec2-spot-interruption-warning")))
    copies = [read_notice(f"m{n}", event, NOW) for n in range(3)]
    ((told, ids),) = merge(copies).values()
    assert (told.at, ids) == (NOW, ("m0", "m1", "m2"))


def test_every_kind_of_message_finds_its_place_and_nonsense_its_reason():
    names = [
        "ec2-spot-interruption-warning",
        "asg-lifecycle-direct-to-queue",
        "ecs-container-instance-registered",
        "health-task-retirement",
    ]
    bodies = [json.dumps(load(name)) for name in names]
    bodies += ['{"spot_drain": "tick"}', '{"spot_drain": "dance"}', "[]", "{}"]
    warning = load("ec2-spot-interruption-warning")
    bodies += [
        json.dumps(warning | {"account": "999999999999"}),
        json.dumps(warning | {"region": "us-east-1"}),
    ]
    messages = [Message(f"m{n}", body) for n, body in enumerate(bodies)]

    others = sort_others(messages, (ACCOUNT, "eu-west-1"), NOW)

    assert [each.kind for each in others.notices] == ["interruption", "hook"]
    assert len(others.registered) == len(others.retirements) == len(others.ticks) == 1
    assert others.foreign == 2
    assert set(others.rejected) == {"m5", "m6", "m7"}
    assert others.rejected["m5"].path == "$.spot_drain"


def test_a_retirement_tells_services_tasks_and_the_date():
    told = read_retirement(parse_event(json.dumps(load("health-task-retirement"))))
    assert told.services == (("prod", "web"),)
    assert len(told.tasks) == 1
    assert told.at == NOW + 7 * 86_400


def test_a_retirement_with_a_date_nobody_can_read_is_told_without_one():
    event = load("health-task-retirement")
    event["detail"]["startTime"] = "soon"
    assert read_retirement(parse_event(json.dumps(event))).at is None
