"""Whether tasks without a load balancer answer, as their containers' own checks say."""

from __future__ import annotations

from typing import Any

import pytest

from spot_fallback.aws import Aws


class Ecs:
    """Tasks by service; each as the health it shows, or not even running."""

    def __init__(self, **services: list[str]) -> None:
        self.services = services

    def get_paginator(self, _: str) -> Ecs:
        return self

    def paginate(self, *, serviceName: str, **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        arns = [f"{serviceName}/{n}" for n in range(len(self.services[serviceName]))]
        return [{"taskArns": arns}]

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        found = []
        for arn in tasks:
            service, _, number = arn.partition("/")
            health = self.services[service][int(number)]
            status = "PENDING" if health == "PENDING" else "RUNNING"
            found.append({"lastStatus": status, "healthStatus": health})
        return {"tasks": found}


@pytest.mark.parametrize(
    ("own", "cover", "ailing"),
    [
        (["HEALTHY", "HEALTHY"], ["HEALTHY"], 0),
        (["HEALTHY", "UNHEALTHY", "UNKNOWN"], ["HEALTHY"], 2),
        (["UNKNOWN", "UNKNOWN"], ["HEALTHY"], 2),  # their first check is still to come
        (["UNKNOWN", "UNKNOWN"], ["UNKNOWN"], 0),  # there is no check
        (["HEALTHY", "UNKNOWN"], [], 1),
        (["HEALTHY", "PENDING"], ["HEALTHY"], 0),  # counted as missing already
        ([], ["HEALTHY"], 0),
    ],
)
def test_tasks_ail_that_have_a_check_and_did_not_pass_it(own, cover, ailing):
    aws = Aws(Ecs(web=own, cover=cover), lambda: None)  # type: ignore[arg-type]
    assert aws.ailing("prod", "web", "cover") == ailing
