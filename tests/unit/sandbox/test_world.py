from __future__ import annotations

from typing import Any

import pytest

from sandbox.account import Account
from sandbox.errors import InvalidWorld
from sandbox.world import check_world

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1"
WEB: dict[str, Any] = {
    "name": "web",
    "cpu": 512,
    "memory": 2048,
    "grace_period": "60s",
    "containers": [
        {
            "name": "app",
            "image": IMAGE,
            "port": 8080,
            "environment": {"MODE": "fast"},
            "secrets": {"TOKEN": "arn:aws:ssm:eu-west-1:123456789012:parameter/token"},
            "log_group": "/ecs/web",
            "health_check": "curl -f localhost:8080",
        }
    ],
    "breaker": {"threshold": 5, "reset_on_healthy_task": False},
    "deployment_alarms": {"names": ["errors"], "rollback": False},
}


def world(service: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"clusters": [{"name": "prod", "services": [service]}], **more}


def test_a_world_describes_what_a_deployment_guard_looks_at() -> None:
    with Account() as account:
        check_world(world(WEB, images=[IMAGE], alarms=["errors"]), "test").build(account)
        account.run_for(120)
        ecs = account.client("ecs")
        (service,) = ecs.describe_services(cluster="prod", services=["web"])["services"]
        assert service["runningCount"] == 1
        assert service["healthCheckGracePeriodSeconds"] == 60
        configuration = service["deploymentConfiguration"]
        assert configuration["deploymentCircuitBreaker"] == {
            "enable": True,
            "rollback": True,
            "resetOnHealthyTask": False,
            "thresholdConfiguration": {"type": "COUNT", "value": 5},
        }
        assert configuration["alarms"] == {
            "alarmNames": ["errors"],
            "enable": True,
            "rollback": False,
        }
        shown = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
        assert (shown["cpu"], shown["memory"]) == ("512", "2048")
        (container,) = shown["containerDefinitions"]
        assert container["environment"] == [{"name": "MODE", "value": "fast"}]
        assert [each["name"] for each in container["secrets"]] == ["TOKEN"]
        assert container["logConfiguration"]["options"]["awslogs-group"] == "/ecs/web"
        assert container["healthCheck"]["command"] == ["CMD-SHELL", "curl -f localhost:8080"]
        alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        assert [(each["AlarmName"], each["StateValue"]) for each in alarms] == [("errors", "OK")]


def test_without_a_breaker_nothing_is_configured() -> None:
    with Account() as account:
        check_world(world({"name": "web"}), "test").build(account)
        ecs = account.client("ecs")
        (service,) = ecs.describe_services(cluster="prod", services=["web"])["services"]
        assert {"deploymentCircuitBreaker", "alarms"}.isdisjoint(service["deploymentConfiguration"])


def test_an_image_that_is_not_in_the_world_cannot_be_pulled() -> None:
    with Account() as account:
        check_world(world(WEB, alarms=["errors"]), "test").build(account)
        account.run_for(180)
        ecs = account.client("ecs")
        (service,) = ecs.describe_services(cluster="prod", services=["web"])["services"]
        assert service["runningCount"] == 0


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (world(WEB, images=["nginx:1"]), r"\$\.images\[0\]"),
        (world(WEB | {"breaker": {"threshold": 0}}), "breaker.threshold"),
        (world(WEB | {"deployment_alarms": {}}), "deployment_alarms"),
        (world(WEB | {"cpu": 300}), "cpu"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidWorld, match=field):
        check_world(document, "test")
