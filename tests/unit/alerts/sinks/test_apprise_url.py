"""Apprise: loaded on use, silent about addresses, never certain that nothing arrived."""

from __future__ import annotations

import logging
import sys

import pytest

from alerts.sinks.apprise_url import open_apprise
from alerts.sinks.channel import SinkRefused, SinkUnclear
from sandbox.sinks.server import SinkServer, broken
from tests.unit.alerts.builders import BEGAN, make_news


@pytest.fixture
def server():
    with SinkServer() as sink:
        yield sink


def url(server, secret="s3cret"):
    return server.url.replace("http://", f"json://user:{secret}@")


def test_all_urls_are_notified(server):
    open_apprise([url(server), url(server)]).send(make_news(), None, BEGAN)
    assert len(server.requests) == 2


def test_a_failure_is_unclear_and_no_log_shows_the_address(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.trouble = lambda _: broken()
    with pytest.raises(SinkUnclear) as failed:
        open_apprise([url(server)]).send(make_news(), None, BEGAN)
    assert "s3cret" not in caplog.text + str(failed.value)


def test_a_url_that_is_not_understood_is_named_by_its_number(server, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SinkRefused, match="URL 2 of 2") as refused:
        open_apprise([url(server), "nonsense://s3cret"])
    assert "s3cret" not in caplog.text + str(refused.value)


def test_a_build_without_apprise_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SinkRefused, match="make deploy WITH=apprise"):
        open_apprise(["json://x"])
