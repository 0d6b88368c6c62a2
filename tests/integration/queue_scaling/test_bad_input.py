"""What users get wrong: one alert with tag and value, a metric, no scaling; the others go on."""

from __future__ import annotations

import json

from sandbox.faults import CallFault

ELSEWHERE = "arn:aws:sqs:eu-west-1:210987654321:orders"
BAD = {
    "an SLO nobody can read": ({"latency_slo": "soon"}, "ecs-ops:latency-slo", "soon"),
    "a queue that does not exist": ({"queue": "none"}, "ecs-ops:queue", "none"),
    "a queue of another account": ({"queue": ELSEWHERE}, "ecs-ops:queue", ELSEWHERE),
    "a minimum above the maximum": (
        {"min_tasks": "5", "max_tasks": "3"},
        "ecs-ops:min-tasks",
        "5",
    ),
    "a maximum of zero": ({"max_tasks": "0"}, "ecs-ops:max-tasks", "0"),
    "a stream that does not exist": ({"queue": "kinesis:no"}, "ecs-ops:queue", "kinesis:no"),
    "a queue that may not be read": ({"queue": "secret"}, "ecs-ops:queue", "secret"),
    "a stream without shards": ({"queue": "kinesis:empty"}, "ecs-ops:queue", "kinesis:empty"),
    "a metric without data": (
        {"queue": "cloudwatch:Shop:Waiting"},
        "ecs-ops:queue",
        "cloudwatch:Shop:Waiting",
    ),
    "a queue of no service": (
        {"processing_time": "oders=2s"},
        "ecs-ops:processing-time",
        "oders=2s",
    ),
}


def make_bad_sources(shop):
    """What the bad tags name and is there."""
    shop.queue("secret")
    shop.deny_reading("secret")
    shop.stream_without_shards("empty")


def failing(operation, code, status, **more):
    return CallFault("error", operation=operation, code=code, status=status, **more)


def test_each_is_told_once_and_the_good_service_goes_on(shop):
    url = shop.queue()
    shop.send(url, 60)
    make_bad_sources(shop)
    shop.service("good", scaling="direct", seen=False)
    wrong = {f"bad{number}": each for number, each in enumerate(BAD.values())}
    for name, (tags, _, _) in wrong.items():
        shop.service(name, seen=False, **({"scaling": "direct"} | tags))
    shop.minutes(4)
    told = {alert["service"]: alert["title"] for alert in shop.alerts()}
    assert told == {
        name: f"prod/{name}: not scaled, {tag}={value!r} cannot be used"
        for name, (_, tag, value) in wrong.items()
    }
    assert len(shop.alerts()) == len(wrong), "each once"
    assert shop.desired("good") == 20
    assert {call["parameters"]["service"] for call in shop.calls("UpdateService")} == {"good"}
    assert shop.operations.metric("ConfigurationErrors") >= 3 * len(wrong)
    assert {call["operation"] for call in shop.refused()} == {"GetQueueAttributes"}


def test_the_alert_reaches_a_person_with_the_command_that_mends_it(shop):
    shop.queue()
    shop.service("bad", latency_slo="soon", seen=False)
    shop.minutes(3)
    (mail,) = shop.operations.mails()
    assert "ecs-ops:latency-slo='soon' cannot be used" in mail["Subject"] + mail["Message"]
    assert "aws ecs tag-resource" in mail["Message"]
    assert "ecs-ops scaling check" in mail["Message"]


def test_a_queue_that_may_not_be_read_is_told_with_the_reason(workshop):
    shop = workshop(faults=[failing("GetQueueAttributes", "AccessDenied", 403)])
    shop.queue()
    shop.service(seen=False)
    shop.minutes(3)
    assert shop.published() == []
    (alert,) = shop.alerts()
    assert "may not be read" in alert["summary"]


def test_one_failing_queue_never_suppresses_anothers_datapoint(shop):
    for name in ("orders", "mails"):
        shop.send(shop.queue(name), 6)
    shop.service("a", seen=False)
    shop.service("b", queue="mails", seen=False)
    shop.minutes(3)
    assert len(shop.published("a")) == len(shop.published("b")) >= 2
    shop.account.client("sqs").delete_queue(QueueUrl=shop.queue("mails"))
    shop.trace.clear()
    shop.minutes(3)
    assert len(shop.published("a")) == 3
    assert shop.published("b") == []


def test_a_tick_that_no_one_can_read_ends_in_the_dead_letter_queue(shop):
    shop.account.client("sqs").send_message(
        QueueUrl=shop.operations.stack.queue_url("QueueScalingQueue"),
        MessageBody=json.dumps({"hello": "world"}),
    )
    shop.minutes(3)
    (letter,) = shop.operations.dead_letters("QueueScalingDeadLetterQueue")
    assert json.loads(letter["Body"]) == {"hello": "world"}


def test_a_tick_that_fails_twice_ends_in_the_dead_letter_queue(workshop):
    shop = workshop(faults=[failing("BatchGetItem", "InternalServerError", 500)])
    shop.queue()
    shop.service()
    shop.minutes(4)
    assert shop.operations.dead_letters("QueueScalingDeadLetterQueue")
    assert shop.published() == []
