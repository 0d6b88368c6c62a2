"""What a person reads of a call."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from sandbox.cli.timeline import Timeline
from sandbox.trace import Trace


def shown(operation: str, service: str = "dynamodb", **parameters: Any) -> str:
    """The line of a call, after its name and how long it took."""
    out = StringIO()
    trace = Trace(lambda: 100.0)
    trace.listen(Timeline(Console(file=out, width=200), 100.0, lambda name: name).show)
    trace.add(
        "call",
        function="f",
        service=service,
        operation=operation,
        parameters=parameters,
        outcome="ok",
        elapsed_ms=1.0,
    )
    trace.add("invocation", function="f", cold=True, duration_ms=1.0)
    return out.getvalue().splitlines()[1].partition(" ms  ")[2]


KEY = {"pk": {"S": "storm#web"}, "sk": {"S": "stage#1"}}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("GetItem", {"Key": KEY}),
        ("BatchWriteItem", {"RequestItems": {"table": [{"PutRequest": {"Item": KEY}}]}}),
        ("BatchWriteItem", {"RequestItems": {"table": [{"DeleteRequest": {"Key": KEY}}]}}),
        ("UpdateItem", {"Key": KEY, "ExpressionAttributeValues": {":now": {"N": "1"}}}),
        ("PutItem", {"Item": KEY | {"text": {"S": "a long story"}}}),
    ],
)
def test_a_call_about_an_item_shows_its_key(operation, parameters):
    assert shown(operation, **parameters) == "storm#web stage#1"


def test_a_query_shows_what_it_asks_for():
    values = {":pk": {"S": "incident#1"}}
    assert shown("Query", ExpressionAttributeValues=values) == "incident#1"


def test_a_batch_shows_every_key():
    keys = [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]
    assert shown("BatchGetItem", RequestItems={"table": {"Keys": keys}}) == "a, b"


def test_a_parameter_is_named():
    assert shown("GetParameter", service="ssm", Name="routes") == "routes"


def test_a_call_of_which_nothing_is_worth_knowing_shows_nothing():
    assert shown("Scan") == ""
    assert shown("GetSecretValue", service="secretsmanager", SecretId="s") == ""
