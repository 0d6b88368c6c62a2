"""The door reads its environment and makes its clients when it is imported."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from ecsops import clients
from ecsops.errors import InvalidSetting

ENVIRONMENT = {
    name: name.lower()
    for name in (
        *("TABLE_NAME", "TOPIC_ARN", "Q_TOPIC_ARN", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL"),
        *("ROUTES_PARAMETER", "SECRET_ARN"),
    )
}


@pytest.fixture
def load(monkeypatch):
    """Import the handler afresh, with stand-ins for the clients and this environment."""
    monkeypatch.setattr(clients, "client", lambda name: SimpleNamespace(name=name))

    def fresh(environment: dict[str, str]):
        for name in ENVIRONMENT:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "alerts.handler", raising=False)
        return importlib.import_module("alerts.handler")

    yield fresh
    sys.modules.pop("alerts.handler", None)


def test_the_environment_reaches_the_delivery(load):
    delivery = load(ENVIRONMENT)._delivery
    assert (delivery.store.table, delivery.store.dynamodb.name) == ("table_name", "dynamodb")
    assert delivery.source.parameter == "routes_parameter"
    assert delivery.teller.dead_letter_queue_url == "dead_letter_queue_url"
    assert delivery.teller.outlets.credentials.secret_arn == "secret_arn"


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_stops_the_function_with_its_name(load, name):
    with pytest.raises(InvalidSetting, match=name):
        load({key: value for key, value in ENVIRONMENT.items() if key != name})
