"""The webhook over a real connection: what its answers mean, and where it does not go."""

from __future__ import annotations

import pytest

from alerts.sinks.channel import SinkBusy, SinkRefused, SinkUnclear, retry_after
from alerts.sinks.webhook import open_webhook
from sandbox.sinks.server import Answer, SinkServer, Trouble, broken, busy
from sandbox.sinks.webhook import FakeWebhook
from tests.unit.alerts.builders import BEGAN, make_news

KEY = "signing key"


@pytest.fixture
def server():
    with FakeWebhook(KEY) as hook:
        yield hook


def send(server, key=KEY, **changes):
    return open_webhook(server.url, key).send(make_news(**changes), None, BEGAN)


def test_each_attempt_at_a_message_has_the_same_key_and_counts_once(server):
    send(server)
    send(server)
    assert len(server.documents) == 1
    assert server.repeated == 1


def test_a_wrong_signature_is_refused(server):
    with pytest.raises(SinkRefused, match="HTTP 401"):
        send(server, "another key")


@pytest.mark.parametrize(
    ("trouble", "meaning", "wait"),
    [
        (busy(9), SinkBusy, 9),
        (Trouble(Answer(503, b"", {"Retry-After": "20"})), SinkBusy, 20),
        (Trouble(Answer(503)), SinkBusy, 0),
        (broken(500), SinkUnclear, 0),
        (Trouble(Answer(504, b"", {"Retry-After": "5"})), SinkUnclear, 5),
        (Trouble(Answer(408)), SinkUnclear, 0),
        (Trouble(Answer(404)), SinkRefused, 0),
        (Trouble(Answer(410)), SinkRefused, 0),
        (Trouble(cut=True), SinkUnclear, 0),
    ],
)
def test_what_an_answer_means(server, trouble, meaning, wait):
    server.trouble = lambda _: trouble
    with pytest.raises(meaning) as failed:
        send(server)
    assert failed.value.retry_after_s == wait


def test_a_redirect_is_not_followed(server):
    with SinkServer() as elsewhere:
        server.trouble = lambda _: Trouble(Answer(307, b"", {"Location": elsewhere.url}))
        with pytest.raises(SinkRefused, match="HTTP 307"):
            send(server)
        assert elsewhere.requests == []


def test_a_refused_connection_certainly_sent_nothing(server):
    server.__exit__()
    with pytest.raises(SinkBusy):
        send(server)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/hook", "ftp://127.0.0.1/", "example.com", "http://127.0.0.1.evil.example"],
)
def test_nothing_goes_over_a_connection_that_others_can_read(url):
    with pytest.raises(SinkRefused, match="https://"):
        open_webhook(url, None)


def test_no_error_shows_the_address(server):
    server.trouble = lambda _: Trouble(cut=True)
    with pytest.raises(SinkUnclear) as failed:
        send(server)
    assert "127.0.0.1" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 1.5 ", 1.5),
        ("Mon, 05 Jan 2026 09:01:00 GMT", 60),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0),
        ("99999999", 6 * 3600),
        ("soon", 0),
        ("", 0),
        (None, 0),
        ("-5", 0),
        ("1e400", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after(header, BEGAN) == seconds
