"""The door reads its environment and makes its clients when it is imported."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from ecsops import clients
from ecsops.errors import InvalidSetting

ENVIRONMENT = {"TABLE_NAME": "ops", "TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts"}


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
    assert delivery.topic_arn == ENVIRONMENT["TOPIC_ARN"]
    assert delivery.claims.table == "ops"
    assert (delivery.sns.name, delivery.claims.dynamodb.name) == ("sns", "dynamodb")


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_stops_the_function_with_its_name(load, name):
    with pytest.raises(InvalidSetting, match=name):
        load({key: value for key, value in ENVIRONMENT.items() if key != name})


def test_the_answer_names_the_messages_to_be_tried_again(load):
    handler = load(ENVIRONMENT)
    context = SimpleNamespace(
        function_name="alerts",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:alerts",
        aws_request_id="11112222-3333-4444-8555-666677778888",
    )
    records = [{"messageId": "bad", "body": "nonsense"}]
    answer = handler.handler({"Records": records}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
