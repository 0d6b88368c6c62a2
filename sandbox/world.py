"""A YAML description of a workload -> clusters, services, tasks and target groups in an account.

The schema is docs/schemas/world-v1.json; whatever does not fit is refused with the path of the field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jsonschema
import yaml

from ecsops.durations import parse_duration
from sandbox.errors import InvalidWorld
from sandbox.world_resources import (
    Operator,
    containers_of,
    create_alarm,
    deployment_configuration,
    push_image,
    register,
)

_ROOT = Path(__file__).resolve().parent.parent
SCHEMA = _ROOT / "docs" / "schemas" / "world-v1.json"
EXAMPLE = _ROOT / "examples" / "workload" / "world.yaml"
_MAX_BYTES = 1_000_000
_SUBNETS = ("subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0")
_VPC = "vpc-0123456789abcdef0"


@dataclass(frozen=True, slots=True)
class World:
    """A checked description; ``document`` is as the schema says."""

    document: Mapping[str, Any]

    @property
    def region(self) -> str:
        """The account's Region."""
        return str(self.document.get("region", "eu-west-1"))

    @property
    def native_spot_deregistration(self) -> Literal["works", "late", "broken"]:
        """Whether ECS itself takes interrupted tasks out of their target groups."""
        stated: Literal["works", "late", "broken"] = self.document.get(
            "native_spot_deregistration", "works"
        )
        return stated

    def build(self, account: Operator) -> None:
        """Create everything; tasks start as time passes."""
        for image in self.document.get("images", ()):
            push_image(account, image)
        for name in self.document.get("alarms", ()):
            create_alarm(account, name)
        for cluster in self.document["clusters"]:
            account.client("ecs").create_cluster(
                clusterName=cluster["name"], capacityProviders=["FARGATE", "FARGATE_SPOT"]
            )
            for service in cluster.get("services", ()):
                _create_service(account, cluster["name"], service)
            for tasks in cluster.get("tasks", ()):
                _run_tasks(account, cluster["name"], tasks)


def load_world(path: Path) -> World:
    """Read a world file; raises ``InvalidWorld`` with file, field and fix."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidWorld(f"{path}: cannot be read: {error}") from error
    if len(text) > _MAX_BYTES:
        raise InvalidWorld(f"{path}: larger than 1 MB, which no workload needs")
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidWorld(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    return check_world(document, str(path))


def check_world(document: Any, source: str) -> World:
    """Check a parsed document; raises ``InvalidWorld`` with the path of the first wrong field."""
    if document is None:
        raise InvalidWorld(f"{source}: empty: a world needs clusters (docs/schemas/world-v1.json)")
    error = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if error is not None:
        raise InvalidWorld(
            f"{source}: {error.json_path}: {error.message} (schema: docs/schemas/world-v1.json)"
        )
    for at, cluster in enumerate(document["clusters"]):
        for index, service in enumerate(cluster.get("services", ())):
            _check_ports(service, f"{source}: $.clusters[{at}].services[{index}]")
    return World(document)


@cache
def _validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _check_ports(service: Mapping[str, Any], path: str) -> None:
    for index, group in enumerate(service.get("target_groups", ())):
        container = _listening_container(service, group)
        if container is None:
            raise InvalidWorld(
                f"{path}.target_groups[{index}]: no container "
                f"{group.get('container', 'with a port')!r} with a port to send requests to"
            )


def _listening_container(
    service: Mapping[str, Any], group: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    wanted = group.get("container")
    return next(
        (c for c in containers_of(service) if "port" in c and wanted in (None, c["name"])), None
    )


def _create_service(account: Operator, cluster: str, service: Mapping[str, Any]) -> None:
    account.client("ecs").create_service(
        cluster=cluster,
        serviceName=service["name"],
        desiredCount=service.get("count", 1),
        taskDefinition=register(account, service["name"], service),
        capacityProviderStrategy=[_strategy(service)],
        networkConfiguration=_network(),
        loadBalancers=[
            _load_balancer(account, service, group) for group in service.get("target_groups", ())
        ],
        healthCheckGracePeriodSeconds=parse_duration(service.get("grace_period", "0s")),
        deploymentConfiguration=deployment_configuration(service),
        tags=[{"key": key, "value": value} for key, value in service.get("tags", {}).items()],
    )


def _run_tasks(account: Operator, cluster: str, tasks: Mapping[str, Any]) -> None:
    account.client("ecs").run_task(
        cluster=cluster,
        count=tasks.get("count", 1),
        taskDefinition=register(account, tasks["family"], tasks),
        capacityProviderStrategy=[_strategy(tasks)],
        networkConfiguration=_network(),
    )


def _load_balancer(
    account: Operator, service: Mapping[str, Any], group: Mapping[str, Any]
) -> dict[str, Any]:
    container = _listening_container(service, group)
    if container is None:
        raise InvalidWorld(f"{service['name']}: {group['name']}: no container with a port")
    binding = {
        "targetGroupArn": _target_group(account, group["name"], container["port"], group),
        "containerName": container["name"],
        "containerPort": container["port"],
    }
    if "alternate" in group:
        alternate = _target_group(account, group["alternate"], container["port"], group)
        rule = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/{group['name']}/1/2/3"
        binding["advancedConfiguration"] = {
            "alternateTargetGroupArn": alternate,
            "productionListenerRule": rule,
            "roleArn": "arn:aws:iam::123456789012:role/ecs-blue-green",
        }
    return binding


def _target_group(account: Operator, name: str, port: int, group: Mapping[str, Any]) -> str:
    elbv2 = account.client("elbv2")
    answer = elbv2.create_target_group(
        Name=name, Protocol="HTTP", Port=port, VpcId=_VPC, TargetType="ip"
    )
    arn = str(answer["TargetGroups"][0]["TargetGroupArn"])
    # A group without a listener is "unused" and sends its targets no requests.
    balancer = elbv2.create_load_balancer(Name=name, Subnets=list(_SUBNETS), Type="application")
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    delay = parse_duration(group.get("deregistration_delay", "300s"))
    elbv2.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
    )
    return arn


def _strategy(owner: Mapping[str, Any]) -> dict[str, Any]:
    return {"capacityProvider": owner.get("capacity", "FARGATE_SPOT"), "weight": 1}


def _network() -> dict[str, Any]:
    return {
        "awsvpcConfiguration": {
            "subnets": list(_SUBNETS),
            "securityGroups": ["sg-0123456789abcdef0"],
        }
    }
