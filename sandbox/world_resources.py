"""What a world's services are made of: task definitions, images, alarms, deployment settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ecsops.durations import parse_duration


class Operator(Protocol):
    """Whatever hands out boto3 clients of the account."""

    def client(self, service: str) -> Any:
        """A client with all rights."""
        ...


def containers_of(owner: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a service or task; one that listens on 8080 unless it says otherwise."""
    return list(owner.get("containers") or [{"name": "app", "port": 8080}])


def register(account: Operator, family: str, owner: Mapping[str, Any]) -> str:
    """Register the task definition of a service or task; answer its ARN."""
    containers = containers_of(owner)
    for container in containers:
        if "log_group" in container:
            _create_log_group(account, container["log_group"])
    answer = account.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu=str(owner.get("cpu", 256)),
        memory=str(owner.get("memory", 512)),
        containerDefinitions=[_container(container) for container in containers],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    name = container["name"]
    definition: dict[str, Any] = {
        "name": name,
        "image": container.get("image", f"{name}:1"),
        "essential": container.get("essential", True),
    }
    if "port" in container:
        definition["portMappings"] = [{"containerPort": container["port"], "protocol": "tcp"}]
    if "stop_timeout" in container:
        definition["stopTimeout"] = parse_duration(container["stop_timeout"])
    if "environment" in container:
        pairs = container["environment"].items()
        definition["environment"] = [{"name": key, "value": value} for key, value in pairs]
    if "secrets" in container:
        pairs = container["secrets"].items()
        definition["secrets"] = [{"name": key, "valueFrom": value} for key, value in pairs]
    if "health_check" in container:
        definition["healthCheck"] = {"command": ["CMD-SHELL", container["health_check"]]}
    if "log_group" in container:
        options = {"awslogs-group": container["log_group"], "awslogs-stream-prefix": name}
        definition["logConfiguration"] = {"logDriver": "awslogs", "options": options}
    return definition


def _create_log_group(account: Operator, name: str) -> None:
    logs = account.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {group["logGroupName"] for group in groups}:
        logs.create_log_group(logGroupName=name)


def push_image(account: Operator, image: str) -> None:
    """Put an image into the account's ECR."""
    ecr = account.client("ecr")
    name, _, tag = image.partition("/")[2].rpartition(":")
    known = {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}
    if name not in known:
        ecr.create_repository(repositoryName=name)
    manifest = json.dumps({"schemaVersion": 2, "config": image})
    ecr.put_image(repositoryName=name, imageTag=tag, imageManifest=manifest)


def create_alarm(account: Operator, name: str) -> None:
    """Create an alarm, which nothing but SetAlarmState changes."""
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="World",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )


def deployment_configuration(service: Mapping[str, Any]) -> dict[str, Any]:
    """The circuit breaker and the alarms of a service."""
    configuration: dict[str, Any] = {}
    if "breaker" in service:
        breaker = service["breaker"]
        settings: dict[str, Any] = {"enable": True, "rollback": breaker.get("rollback", True)}
        if "reset_on_healthy_task" in breaker:
            settings["resetOnHealthyTask"] = breaker["reset_on_healthy_task"]
        if "threshold" in breaker:
            threshold = {"type": "COUNT", "value": breaker["threshold"]}
            settings["thresholdConfiguration"] = threshold
        configuration["deploymentCircuitBreaker"] = settings
    if "deployment_alarms" in service:
        alarms = service["deployment_alarms"]
        configuration["alarms"] = {
            "alarmNames": list(alarms["names"]),
            "enable": True,
            "rollback": alarms.get("rollback", True),
        }
    return configuration
