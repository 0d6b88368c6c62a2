"""A sink that fails loses nothing and repeats nothing, and holds up nobody else."""

from __future__ import annotations

import json

import pytest

from sandbox.cli.alerts import replay
from sandbox.sinks.server import Answer, Trouble, broken, busy
from tests.integration.alerts.conftest import TO_BOTH_AND_MAIL, TO_HOOK, TO_SLACK

SLACK_ERROR = json.dumps({"ok": False, "error": "internal_error"}).encode()
TROUBLES = {
    "429 with Retry-After": busy(30, b'{"ok": false, "error": "ratelimited"}'),
    "429 with a date": busy(
        "Mon, 05 Jan 2026 09:30:00 GMT", b'{"ok": false, "error": "ratelimited"}'
    ),
    "429 without a body": busy(5),
    "500": broken(),
    "503 with HTML": broken(503, b"<html>"),
    "ok false, internal_error": Trouble(Answer(200, SLACK_ERROR)),
    "200 with no JSON": Trouble(Answer(200, b"<html>maintenance</html>")),
    "cut before it took effect": Trouble(cut=True),
    "cut after it took effect": Trouble(cut=True, effect=True),
    "500 after it took effect": Trouble(Answer(500, b""), effect=True),
}


def first(number, trouble):
    """The trouble for the first requests."""
    seen = []

    def ask(request):
        seen.append(request)
        return trouble if len(seen) <= number else None

    return ask


def story(world):
    """Three stages of one incident, some minutes apart."""
    world.publish(stage="1", title="one")
    world.run(60)
    world.publish(stage="2", title="two")
    world.run(60)
    world.publish(stage="3", title="three", state="resolved")
    world.run(2 * 3600)


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("number", [1, 3])
def test_22_slack_in_trouble(alerting, name, number):
    world = alerting(TO_SLACK)
    world.slack.trouble = first(number, TROUBLES[name])
    story(world)

    (root,) = world.slack.threads()
    assert root.text == "[resolved] three"
    keys = [m.metadata["event_payload"]["key"] for m in world.slack.messages]
    assert len(keys) == len(set(keys)) <= 3
    assert world.dead() == []


@pytest.mark.parametrize(
    "name", [name for name in TROUBLES if "ok false" not in name and "200" not in name]
)
def test_22_a_webhook_in_trouble(alerting, name):
    world = alerting(TO_HOOK)
    world.hook.trouble = first(2, TROUBLES[name])
    story(world)

    documents = list(world.hook.documents.values())
    assert documents[-1]["alert"]["title"] == "three"
    assert [d["number"] for d in documents] == list(range(1, len(documents) + 1))
    assert len({r.headers["idempotency-key"] for r in world.hook.requests}) == len(documents)


def test_22_a_slow_sink_that_took_the_message_gets_it_once(alerting):
    world = alerting(TO_SLACK)
    world.slack.trouble = first(1, Trouble(effect=True, slow_s=6))
    world.publish(title="slow")
    world.run(300)

    assert world.titles() == ["[warning] slow"]


def test_retry_after_is_honoured(alerting):
    world = alerting(TO_SLACK)
    times = []

    def limited(request):
        times.append(world.now)
        return busy(400) if len(times) == 1 else None

    world.slack.trouble = limited
    world.publish()
    world.run(1000)
    assert times[1] - times[0] >= 400


def test_22_one_message_a_second_is_enough_for_thirty_incidents_at_once(alerting):
    world = alerting(TO_SLACK, seconds_apart=1.0)
    for number in range(30):
        world.publish(incident=f"i{number}", cluster=f"c{number}", title=f"incident {number}")
    world.run(120)
    assert sorted(world.titles()) == sorted(f"[warning] incident {n}" for n in range(30))
    assert len(world.slack.requests) <= 3 * 30, "each message is refused twice at most"


def test_22_a_sink_down_for_an_hour_loses_nothing_and_repeats_nothing(alerting):
    world = alerting(TO_BOTH_AND_MAIL)
    ends = world.now + 3600
    world.slack.trouble = lambda _: broken() if world.now < ends else None
    for number in range(30):
        world.publish(incident=f"i{number}", cluster=f"c{number}", title=f"incident {number}")
        world.run(110)
    assert world.slack.messages == []
    assert len(world.mails()) == len(world.hook.documents) == 30, "the others are not held up"

    world.run(3600)
    assert sorted(world.titles()) == sorted(f"[warning] incident {n}" for n in range(30))
    assert len(world.mails()) == len(world.hook.documents) == 30
    assert world.dead() == []


@pytest.mark.parametrize("error", ["channel_not_found", "invalid_auth", "invalid_blocks"])
def test_what_slack_refuses_waits_as_a_dead_letter_and_is_replayed_once(alerting, error):
    world = alerting(TO_SLACK)
    world.slack.trouble = lambda _: Trouble(
        Answer(200, json.dumps({"ok": False, "error": error}).encode())
    )
    world.publish(title="refused")
    world.run(60)
    (letter,) = world.dead()
    assert letter["reason"] == error
    world.publish(stage="2", title="more")
    world.run(60)
    assert len(world.dead()) == 1, "one letter for one sink and incident"

    world.slack.trouble = lambda _: None
    url = world.stack.queue_url("AlertsDeadLetterQueue")
    assert replay(world.account.client("sqs"), url) == 1
    world.run(300)
    assert world.titles() == ["[warning] more"]
    assert world.dead() == []
    assert replay(world.account.client("sqs"), url) == 0


def test_without_the_history_scope_slack_may_repeat_but_loses_nothing(alerting):
    world = alerting(TO_SLACK, can_read=False)
    world.slack.trouble = first(1, Trouble(cut=True, effect=True))
    world.publish(title="cut")
    world.run(600)
    assert 1 <= len(world.slack.threads()) <= 2


def test_a_sink_without_its_secret_is_a_dead_letter_that_says_so(alerting):
    world = alerting(
        "sinks: {other: {type: webhook, secret: elsewhere}}\nroutes: [{to: [other, sns]}]"
    )
    world.publish()
    world.run(60)
    assert [letter["reason"] for letter in world.dead()] == ["the secret has no entry 'elsewhere'"]
    assert len(world.mails()) == 1


def test_apprise_takes_everything_else(alerting):
    from sandbox.sinks.server import SinkServer

    with SinkServer() as server:
        world = alerting("sinks: {any: {type: apprise, secret: any}}\nroutes: [{to: any}]")
        world.account.client("secretsmanager").put_secret_value(
            SecretId=world.stack.ref("AlertsSecret"),
            SecretString=json.dumps({"any": server.url.replace("http://", "json://")}),
        )
        server.trouble = first(1, broken())
        world.publish(title="by apprise")
        world.run(300)
        bodies = [json.loads(request.body) for request in server.requests]
    assert [body["title"] for body in bodies] == ["[warning] by apprise"] * 2
