"""A read that failed: what may succeed another time is tried again, what is refused is UNKNOWN."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from audit.collect.account import Collector
from audit.collect.pace import Pace
from audit.collect.reads import Unread
from audit.collect.scope import Scope

ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7"


class _Client:
    """Answers every call with nothing, but the one that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def describe_task_definition(self, **_: Any) -> Any:
        raise self._error

    def get_paginator(self, _: str) -> _Client:
        return self

    def paginate(self, **_: Any) -> list[Any]:
        return []

    def describe_capacity_providers(self, **_: Any) -> Any:
        return {"capacityProviders": []}


def _refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "DescribeTaskDefinition")


def _collect(error: Exception) -> Any:
    collector = Collector(lambda _: _Client(error), Pace())
    return collector.collect(Scope(task_definitions=(ARN,)), 0.0)


@pytest.mark.parametrize(
    "error",
    [
        _refused("ThrottlingException"),
        _refused("ServerException", 500),
        ConnectTimeoutError(endpoint_url="https://ecs"),
    ],
)
def test_a_change_that_could_not_be_read_now_is_not_taken_for_audited(error: Exception) -> None:
    with pytest.raises(Unread, match="ecs:DescribeTaskDefinition"):
        _collect(error)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ClientException"])
def test_what_would_be_refused_again_is_said_and_not_tried_for_ever(code: str) -> None:
    collected = _collect(_refused(code))
    assert any("ecs:DescribeTaskDefinition" in each for each in collected.unread)
