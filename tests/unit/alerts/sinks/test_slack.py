"""Slack's Web API over a real connection: what is sent, what is asked, and what its errors mean."""

from __future__ import annotations

import json

import pytest

from alerts.sinks.channel import SinkBusy, SinkRefused, SinkUnclear
from alerts.sinks.slack import open_channel
from sandbox.sinks.server import Answer, Trouble, busy
from sandbox.sinks.slack import FakeSlack
from tests.unit.alerts.builders import BEGAN, make_alert, make_news

CHANNEL = "C0ALERTS"


@pytest.fixture
def slack():
    with FakeSlack(CHANNEL) as server:
        yield server


@pytest.fixture
def channel(slack):
    return open_channel("xoxb-sandbox", CHANNEL, slack.api)


def sent(slack, method):
    return [json.loads(r.body) for r in slack.requests if r.path.endswith(method)]


def refusing(code, status=200):
    return lambda _: Trouble(Answer(status, json.dumps({"ok": False, "error": code}).encode()))


def test_a_message_carries_its_key_and_unfolds_no_links(slack, channel):
    channel.send(make_news(key="k-7"), None, BEGAN)
    (message,) = sent(slack, "chat.postMessage")
    assert message["metadata"] == {"event_type": "ecs_ops_alert", "event_payload": {"key": "k-7"}}
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False


def test_a_message_that_arrived_is_found_by_its_key_beyond_the_first_page(slack, channel):
    first = channel.send(make_news(key="sought"), None, BEGAN)
    for number in range(450):
        channel.send(make_news(key=f"k-{number}"), None, BEGAN)
    found = channel.find("sought", None, slack.messages[0].arrived_at)
    assert found == first
    assert channel.find("never sent", None, slack.messages[0].arrived_at) is None


def test_a_reply_is_found_in_its_thread(channel):
    thread = channel.send(make_news(key="k-1"), None, BEGAN)
    channel.send(make_news(key="k-2", number=2), thread, BEGAN)
    assert channel.find("k-2", thread, BEGAN) == thread
    assert channel.find("k-3", thread, BEGAN) is None


def test_what_is_older_than_any_attempt_is_not_searched(slack, channel):
    channel.send(make_news(key="k-1"), None, BEGAN)
    assert channel.find("k-1", None, slack.messages[0].arrived_at + 8 * 3600) is None


def test_a_deleted_thread_is_opened_anew(slack, channel):
    thread = channel.send(make_news(), None, BEGAN)
    slack.messages.clear()
    end = make_news(
        make_alert(), make_alert(stage="end", at=BEGAN + 9, state="resolved"), key="k-2"
    )
    again = channel.send(end, thread, BEGAN + 9)
    (root,) = slack.threads()
    assert again == f"{CHANNEL}:{root.ts}"
    assert root.text.startswith("[resolved]")
    assert channel.find("k-2", thread, BEGAN + 9) is None


@pytest.mark.parametrize(
    ("trouble", "meaning", "wait"),
    [
        (lambda _: busy(7, b'{"ok": false, "error": "ratelimited"}'), SinkBusy, 7),
        (
            lambda _: Trouble(Answer(429, b'{"ok": false, "error": "ratelimited"}')),
            SinkBusy,
            30,
        ),
        (refusing("ratelimited"), SinkBusy, 30),
        (refusing("channel_not_found"), SinkRefused, 0),
        (refusing("internal_error"), SinkUnclear, 0),
        (refusing("fatal_error", 500), SinkUnclear, 0),
        (lambda _: Trouble(Answer(502, b"<html>")), SinkUnclear, 0),
        (lambda _: Trouble(cut=True), SinkUnclear, 0),
    ],
)
def test_what_an_answer_means(slack, channel, trouble, meaning, wait):
    slack.trouble = trouble
    with pytest.raises(meaning) as failed:
        channel.send(make_news(), None, BEGAN)
    assert failed.value.retry_after_s == wait


def test_a_refused_connection_certainly_sent_nothing(slack, channel):
    slack.__exit__()
    with pytest.raises(SinkBusy):
        channel.send(make_news(), None, BEGAN)


def test_a_reply_whose_first_message_cannot_be_edited_is_unclear_until_it_can(slack, channel):
    thread = channel.send(make_news(), None, BEGAN)
    limited = busy(9, b'{"ok": false, "error": "ratelimited"}')
    slack.trouble = lambda request: limited if "update" in request.path else None
    with pytest.raises(SinkUnclear) as failed:
        channel.send(make_news(number=2, key="k-2"), thread, BEGAN)
    assert failed.value.retry_after_s == 9
    assert channel.find("k-2", thread, BEGAN) == thread


def test_no_representation_shows_the_token(slack):
    assert "xoxb" not in repr(open_channel("xoxb-sandbox", CHANNEL, slack.api))
