from __future__ import annotations

from unittest.mock import Mock

from ecsops.services import describe

ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/"


def described(names, services=(), failures=()):
    ecs = Mock()
    ecs.describe_services.return_value = {"services": list(services), "failures": list(failures)}
    return describe(ecs, [("prod", name) for name in names])


def test_a_service_that_ecs_calls_missing_does_not_exist():
    missing = {"arn": f"{ARN}web", "reason": "MISSING"}
    assert described(["web"], failures=[missing]) == ({}, {})


def test_any_other_failure_says_nothing_about_whether_it_exists():
    """4d, partial failures[]."""
    refused = {"arn": f"{ARN}web", "reason": "INTERNAL", "detail": "try later"}
    found, failed = described(["api", "web"], [{"serviceName": "api"}], [refused])
    assert found.keys() == {("prod", "api")}
    assert "INTERNAL" in str(failed["prod", "web"])


def test_a_service_of_which_ecs_says_nothing_is_not_taken_for_gone():
    _, failed = described(["web"])
    assert "web" in str(failed["prod", "web"])
