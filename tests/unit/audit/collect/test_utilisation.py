"""How far measured percentages can be trusted: those of another size say nothing of this one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from audit.collect.pace import Pace
from audit.collect.reads import Reads
from audit.collect.utilisation import UtilisationReader
from audit.model.graph import Graph
from audit.model.resource import Source
from audit.model.utilisation import Utilisation

NOW = 1_790_000_000.0
ARN = "arn:aws:ecs:eu-west-1:111122223333:service/prod/web"


class _CloudWatch:
    """A value for each of so many hours, of every query."""

    def __init__(self, hours: int) -> None:
        self._hours = hours

    def get_paginator(self, _: str) -> _CloudWatch:
        return self

    def paginate(self, MetricDataQueries: list[dict[str, Any]], **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        results = [{"Id": one["Id"], "Values": [20.0] * self._hours} for one in MetricDataQueries]
        return [{"MetricDataResults": results}]


@pytest.mark.parametrize(
    ("hours", "deployed_before_h", "newest", "confidence"),
    [
        (336, (400,), 336, "high confidence"),
        (336, (), 336, "high confidence"),
        (336, (200, 400), 200, "high confidence"),
        (336, (5, 400), 5, "low confidence: most of it was measured before the newest deployment"),
        (100, (400,), 100, "low confidence"),
    ],
)
def test_what_was_measured_before_the_newest_deployment_is_trusted_less(
    hours: int, deployed_before_h: tuple[int, ...], newest: int, confidence: str
) -> None:
    moments = [dt.datetime.fromtimestamp(NOW - each * 3600, dt.UTC) for each in deployed_before_h]
    service = {
        "serviceArn": ARN,
        "serviceName": "web",
        "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
        "deployments": [{"createdAt": each} for each in moments],
    }
    reader = UtilisationReader(_CloudWatch(hours), Reads(Pace()))
    [document] = reader.measured([service], [], NOW)[0].documents
    assert (document["Hours"], document["HoursOfNewest"]) == (hours, newest)
    assert Utilisation(document, Graph(()), Source()).confidence == confidence
