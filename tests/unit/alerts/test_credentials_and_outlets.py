"""The secret is read once for many messages; a channel is kept as long as its settings stay the same."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from alerts.credentials import Credential, Credentials
from alerts.outlets import Outlets
from alerts.routing import Routes, Sink
from alerts.sinks.channel import SinkBusy, SinkRefused
from alerts.sinks.slack import SlackChannel
from alerts.sinks.topics import QDeveloperTopic, Topic
from tests.unit.alerts.builders import BEGAN


class SecretsManager:
    """A secret that may change, and how often it was read."""

    def __init__(self, **entries):
        self.text = json.dumps(entries)
        self.reads = 0
        self.error = None

    def get_secret_value(self, **asked):
        self.reads += 1
        if self.error:
            raise self.error
        return {"SecretString": self.text}


@pytest.fixture
def secret():
    return SecretsManager(slack="xoxb-1", hook={"url": "https://x", "key": "k"})


@pytest.fixture
def credentials(secret):
    return Credentials(lambda: secret, "arn")


def outlets(credentials):
    return Outlets(lambda: "sns client", "topic", "q topic", credentials)


SLACK = Sink("team", "slack", "slack", "C0123456789", None)


def test_the_secret_is_read_once_in_five_minutes(secret, credentials):
    for later in (0, 100, 299):
        assert credentials.get("slack", BEGAN + later).text() == "xoxb-1"
    assert secret.reads == 1
    secret.text = json.dumps({"slack": "xoxb-2"})
    assert credentials.get("slack", BEGAN + 300).text() == "xoxb-2"
    assert secret.reads == 2


def test_an_entry_that_is_not_there_is_looked_for_again_at_once(secret, credentials):
    with pytest.raises(SinkRefused, match="no entry 'new'"):
        credentials.get("new", BEGAN)
    secret.text = json.dumps({"new": "https://x"})
    assert credentials.get("new", BEGAN + 1).text() == "https://x"


def test_a_secret_that_cannot_be_read_is_tried_again(secret, credentials):
    secret.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")
    with pytest.raises(SinkBusy):
        credentials.get("slack", BEGAN)


def test_a_secret_that_is_no_object_waits_for_a_person_and_shows_nothing(secret, credentials):
    secret.text = "xoxb-oops"
    with pytest.raises(SinkRefused, match="JSON object") as refused:
        credentials.get("slack", BEGAN)
    assert "xoxb" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("https://x", ("https://x", None)),
        ({"url": "https://x"}, ("https://x", None)),
        ({"url": "https://x", "key": "k"}, ("https://x", "k")),
    ],
)
def test_a_webhook_is_a_url_or_a_url_with_a_key(value, meaning):
    assert Credential("hook", value).url_and_key() == meaning


@pytest.mark.parametrize("value", ["", [], ["a", ""], [1], None, 7, {}, {"key": "k"}])
def test_what_is_none_of_these_is_refused_by_name_without_its_value(value):
    credential = Credential("entry", value)
    for read in (credential.text, credential.texts, credential.url_and_key):
        with pytest.raises(SinkRefused, match="'entry'"):
            read()
    assert repr(value) not in repr(credential) or value is None


def test_several_urls_are_several():
    assert Credential("any", ["a://x", "b://y"]).texts() == ["a://x", "b://y"]
    assert Credential("any", "a://x").texts() == ["a://x"]


def test_a_channel_is_kept_until_its_settings_or_its_secret_change(secret, credentials):
    opened = outlets(credentials)
    routes = Routes(sinks=(SLACK,))
    first = opened.open("team", routes, BEGAN)
    assert isinstance(first, SlackChannel)
    assert opened.open("team", routes, BEGAN + 10) is first
    moved = Routes(sinks=(Sink("team", "slack", "slack", "C9", None),))
    assert opened.open("team", moved, BEGAN + 20).channel == "C9"
    secret.text = json.dumps({"slack": "xoxb-2"})
    again = opened.open("team", moved, BEGAN + 400)
    assert again.web.token == "xoxb-2"


def test_the_topics_need_no_secret(secret, credentials):
    opened = outlets(credentials)
    assert opened.open("sns", Routes(), BEGAN) == Topic("sns client", "topic")
    assert opened.open("q-developer", Routes(), BEGAN) == QDeveloperTopic("sns client", "q topic")
    assert secret.reads == 0


def test_a_sink_that_the_document_has_no_more_waits_for_a_person(credentials):
    with pytest.raises(SinkRefused, match="no sink 'gone' any more"):
        outlets(credentials).open("gone", Routes(), BEGAN)


def test_no_representation_shows_a_secret(secret, credentials):
    opened = outlets(credentials)
    opened.open("team", Routes(sinks=(SLACK,)), BEGAN)
    for shown in (repr(opened), repr(credentials), repr(credentials.get("hook", BEGAN))):
        assert "xoxb" not in shown
        assert "https://x" not in shown
