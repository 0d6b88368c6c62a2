"""No secret reaches any sink, from whichever field of an event: the whole way, over real connections."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.plan import Limits
from alerts.routing import Routes
from alerts.sinks.apprise_url import open_apprise
from alerts.sinks.slack import open_channel
from alerts.sinks.topics import QDeveloperTopic, Topic
from alerts.sinks.webhook import open_webhook
from sandbox.sinks.server import SinkServer
from sandbox.sinks.slack import FakeSlack
from tests.unit.alerts.builders import BEGAN
from tests.unit.alerts.fakes import Source, World
from tests.unit.alerts.test_redaction import FIELDS, SECRETS, alert_with

SINKS = ("sns", "q-developer", "slack", "webhook", "apprise")


@pytest.fixture(scope="module")
def outside():
    """Every kind of sink, and all that has arrived in it since it was last asked."""
    published = []
    sns = SimpleNamespace(publish=lambda **asked: published.append(json.dumps(asked)))
    with ExitStack() as stack:
        slack = stack.enter_context(FakeSlack())
        hook, elsewhere = (stack.enter_context(SinkServer()) for _ in range(2))
        channels = {
            "sns": Topic(sns, "arn:topic"),
            "q-developer": QDeveloperTopic(sns, "arn:q"),
            "slack": open_channel("xoxb-sandbox", "C0ALERTS", slack.api),
            "webhook": open_webhook(hook.url, "signing key"),
            "apprise": open_apprise([elsewhere.url.replace("http://", "json://")]),
        }

        def arrived():
            servers = (slack, hook, elsewhere)
            bodies = [request.body.decode() for server in servers for request in server.requests]
            found = [*published, *bodies]
            published.clear()
            for server in servers:
                server.requests.clear()
            return found

        yield channels, arrived


words = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=12)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SECRETS), st.sampled_from(FIELDS), words, words)
def test_scenario_20_no_secret_reaches_any_sink(outside, known, field, before, after):
    channels, arrived = outside
    text, secret = known
    world = World(others=dict(channels))
    world.source = Source(Routes(default=SINKS, limits=Limits()))
    world.start()
    # Opened, then told again: a reply renders other texts than a first message.
    alert = alert_with(field, f"{before} {text} {after}")
    world.publish(alert)
    world.publish(alert_with(field, f"{after} {text} {before}"), delay=60)
    world.run(BEGAN + 900)
    sent = arrived()
    assert len(sent) >= len(SINKS)
    for one in sent:
        assert secret not in one
        assert json.dumps(secret)[1:-1] not in one
