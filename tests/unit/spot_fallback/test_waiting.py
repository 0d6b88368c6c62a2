"""Which tasks on instances find none: a task that starts slowly or crashes on its instance is no shortage."""

from __future__ import annotations

from typing import Any

import pytest

from spot_fallback.aws import STUCK_S, Aws
from spot_fallback.model import Counted
from tests.unit.spot_fallback.shapes import NOW, moment


class Ecs:
    """One service with one task."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = {"taskArn": "arn:task/1"} | task

    def get_paginator(self, _: str) -> Ecs:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"taskArns": [self.task["taskArn"]]}]

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": [self.task]}


INSTANCE = {"containerInstanceArn": "arn:container-instance/1"}


@pytest.mark.parametrize(
    ("status", "age", "more", "waits"),
    [
        ("PROVISIONING", STUCK_S, {}, 1),
        ("PROVISIONING", STUCK_S - 1, {}, 0),
        ("PROVISIONING", STUCK_S, INSTANCE, 0),
        ("PENDING", 3_600, INSTANCE, 0),
        ("ACTIVATING", 3_600, INSTANCE, 0),
        ("RUNNING", 3_600, INSTANCE, 0),
    ],
)
def test_5_a_task_waits_that_has_had_no_instance_for_three_minutes(status, age, more, waits):
    ecs: Any = Ecs({"lastStatus": status, "createdAt": moment(NOW - age), **more})
    aws = Aws(ecs, lambda: None)
    assert aws.count_tasks([(("prod", "web"), True)], NOW) == [Counted(1, waits)]
    assert aws.count_tasks([(("prod", "web"), False)], NOW) == [Counted(1)]
