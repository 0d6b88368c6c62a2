"""The self-test says which part of the path is broken, by breaking each."""

from __future__ import annotations

import json

from sandbox.faults import CallFault

DAY = 86_400


def failures(world):
    return [m for m in world.mails() if "the alerts' path is broken" in m["Subject"]]


def test_25_a_healthy_stack_passes_every_day_and_mails_nobody(alerting):
    world = alerting("# nothing")
    world.run(DAY + 600)

    assert world.metric("SelfTestPassed") == 1
    assert failures(world) == []
    (mail,) = world.mails()
    assert mail["Subject"].startswith("[TEST info]")
    assert mail["MessageAttributes"]["ecs-ops-test"]["StringValue"] == "true"


def test_25_a_rule_that_is_switched_off_is_named(alerting):
    world = alerting("# nothing")
    world.account.client("events").disable_rule(Name=world.stack.ref("SpotInterruptionRule"))
    world.run(DAY + 600)
    (mail,) = failures(world)
    assert "SpotInterruptionRule" in mail["Message"]
    assert "is DISABLED" in mail["Message"]


def test_25_a_rule_that_can_never_match_fails(alerting):
    world = alerting("# nothing")
    # Deployment events have no clusterArn: the rule that many have, and that never fires.
    pattern = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "detail": {"clusterArn": ["arn:aws:ecs:eu-west-1:123456789012:cluster/prod"]},
    }
    name = world.stack.ref("SpotInterruptionRule")
    world.account.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    world.run(DAY + 600)
    (mail,) = failures(world)
    assert "can never match" in mail["Message"]


def test_25_an_alert_that_reaches_no_queue_is_found_missing(alerting):
    world = alerting("# nothing")
    world.account.client("events").remove_targets(Rule=world.stack.ref("AlertRule"), Ids=["queue"])
    world.run(DAY + 600)
    (mail,) = failures(world)
    assert "did not arrive in the alerts' queue" in mail["Message"]


def test_25_a_function_that_fails_is_found_by_its_queue(alerting):
    world = alerting("# nothing", faults=[CallFault("error", "dynamodb", "PutItem", status=400)])
    world.run(DAY + 600)
    (mail,) = failures(world)
    assert "function:" in mail["Message"]


def test_25_a_sink_that_refuses_is_named(alerting):
    world = alerting(
        "sinks: {team: {type: slack, secret: absent, channel: C1}}\nselftest: [sns, team]"
    )
    world.run(DAY + 600)
    (mail,) = failures(world)
    assert "sink team: it refuses" in mail["Message"]
