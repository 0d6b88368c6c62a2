"""The routes in force: always some, and never a bad document's."""

from __future__ import annotations

import sys

import pytest
from botocore.exceptions import ClientError

from alerts.routes_source import RoutesSource, understood
from alerts.routing import Routes
from tests.unit.alerts.builders import BEGAN

GOOD, BETTER, BAD = "default: [sns]\nlimits: {updates: 3}", "limits: {updates: 7}", "routes: 1"


class Ssm:
    """A parameter, and how often it was read."""

    def __init__(self, text):
        self.text = text
        self.reads = 0

    def get_parameter(self, **asked):
        self.reads += 1
        if self.text is None:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter")
        return {"Parameter": {"Value": self.text}}


class Store:
    """What survives a cold start."""

    def __init__(self, kept=None):
        self.kept = kept
        self.writes = 0

    def keep_routes(self, text, now):
        self.kept = text
        self.writes += 1

    def last_good_routes(self):
        return self.kept


def source(ssm, store=None):
    return RoutesSource(lambda: ssm, "routes", store or Store())


def test_the_parameter_is_read_once_a_minute_and_kept_once_for_each_text():
    ssm, store = Ssm(GOOD), Store()
    routes = source(ssm, store)
    for later in (0, 30, 59):
        assert routes.current(BEGAN + later).limits.updates == 3
    assert ssm.reads == 1
    routes.current(BEGAN + 60)
    assert (ssm.reads, store.writes) == (2, 1)
    ssm.text = BETTER
    assert routes.current(BEGAN + 120).limits.updates == 7
    assert store.kept == BETTER


def test_a_bad_document_is_told_once_and_the_good_one_stays():
    ssm = Ssm(GOOD)
    routes = source(ssm)
    routes.current(BEGAN)
    ssm.text = BAD
    for minute in range(1, 4):
        assert routes.current(BEGAN + minute * 60).limits.updates == 3
    (told,) = routes.news()
    assert "line 1, routes" in told.title
    assert routes.news() == []
    ssm.text = GOOD
    routes.current(BEGAN + 300)
    (mended,) = routes.news()
    assert (mended.incident, mended.state) == (told.incident, "resolved")


def test_after_a_cold_start_the_last_good_document_is_in_force():
    routes = source(Ssm(BAD), Store(GOOD))
    assert routes.current(BEGAN).limits.updates == 3


def test_a_document_that_was_good_once_and_is_not_any_more_leaves_the_defaults():
    assert source(Ssm(BAD), Store(BAD)).current(BEGAN) == Routes()


def test_a_parameter_that_cannot_be_read_is_read_again_with_the_next_message():
    ssm = Ssm(None)
    routes = source(ssm, Store(GOOD))
    assert routes.current(BEGAN).limits.updates == 3
    ssm.text = BETTER
    assert routes.current(BEGAN + 1).limits.updates == 7


def test_once_there_are_routes_a_failed_read_waits_its_minute():
    ssm = Ssm(GOOD)
    routes = source(ssm)
    routes.current(BEGAN)
    ssm.text = None
    routes.current(BEGAN + 60)
    routes.current(BEGAN + 61)
    assert ssm.reads == 2
    assert routes.current(BEGAN + 62).limits.updates == 3


@pytest.mark.parametrize("text", ["", "# only a comment", "{}", "# a\n{ }\n"])
def test_a_document_that_says_nothing_loads_no_yaml(monkeypatch, text):
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "alerts.routes_document", raising=False)
    assert understood(text) == Routes()
