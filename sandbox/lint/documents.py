"""Recognises what a file holds by its shape, and makes the items of the graph from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.model.graph import Item
from audit.model.load_balancing import Listener, LoadBalancer, TargetGroup
from audit.model.node import Path, Unresolved
from audit.model.resource import Resource, Source
from audit.model.scaling import Alarm, ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.surroundings import (
    AccountSetting,
    CapacityProvider,
    Endpoint,
    LogGroup,
    Role,
    SecurityGroup,
    Subnet,
)
from audit.model.task_definition import TaskDefinition
from sandbox.lint.cloudformation import Template, is_template
from sandbox.lint.marked import Text
from sandbox.lint.renaming import to_api

# What describe calls wrap their answers in.
_LISTS: Mapping[str, type[Resource]] = {
    "taskDefinitions": TaskDefinition,
    "services": Service,
    "clusters": Cluster,
    "capacityProviders": CapacityProvider,
    "TargetGroups": TargetGroup,
    "LoadBalancers": LoadBalancer,
    "Listeners": Listener,
    "ScalableTargets": ScalableTarget,
    "ScalingPolicies": ScalingPolicy,
    "MetricAlarms": Alarm,
    "logGroups": LogGroup,
    "SecurityGroups": SecurityGroup,
    "Subnets": Subnet,
    "VpcEndpoints": Endpoint,
    "settings": AccountSetting,
}
_SINGLE: Mapping[str, type[Resource]] = {
    "taskDefinition": TaskDefinition,
    "service": Service,
    "cluster": Cluster,
    "Role": Role,
}
# The fields, all of one group, that only such a document has. The first match counts.
_SHAPES: tuple[tuple[type[Resource], tuple[frozenset[str], ...]], ...] = (
    (TaskDefinition, (frozenset({"containerDefinitions"}),)),
    (
        ScalingPolicy,
        (frozenset({"PolicyName", "ResourceId"}), frozenset({"PolicyType", "ResourceId"})),
    ),
    (ScalableTarget, (frozenset({"ResourceId", "ScalableDimension"}),)),
    (
        Service,
        tuple(
            frozenset({field})
            for field in (
                "serviceName",
                "serviceArn",
                "desiredCount",
                "deploymentConfiguration",
                "schedulingStrategy",
            )
        ),
    ),
    (Cluster, (frozenset({"clusterName"}), frozenset({"clusterArn", "status"}))),
    (
        TargetGroup,
        tuple(frozenset({field}) for field in ("TargetGroupName", "TargetType", "HealthCheckPath")),
    ),
    (LoadBalancer, (frozenset({"LoadBalancerName"}), frozenset({"Scheme", "Subnets"}))),
    (LogGroup, (frozenset({"logGroupName"}),)),
    (Role, (frozenset({"RoleName"}),)),
)
# Of a bare list of containers (Terraform's container_definitions), the rest of the task is elsewhere.
_ELSEWHERE = Unresolved("only the containers are in this file", may_be_absent=True)
_REST_OF_TASK = (
    *("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn"),
    *("taskRoleArn", "volumes", "runtimePlatform", "ephemeralStorage", "proxyConfiguration"),
    *("placementConstraints", "pidMode", "ipcMode", "tags"),
)

_UPDATED = frozenset(
    {"taskDefinition", "desiredCount", "deploymentConfiguration", "forceNewDeployment"}
)
_ONLY_UPDATES = frozenset({"service", "forceNewDeployment"})
_AS_IT_IS = Unresolved("an update keeps what the service has", may_be_absent=True)
_KEPT = (
    *("desiredCount", "taskDefinition", "deploymentConfiguration", "deploymentController"),
    *(
        "networkConfiguration",
        "loadBalancers",
        "serviceRegistries",
        "healthCheckGracePeriodSeconds",
    ),
    *("launchType", "capacityProviderStrategy", "platformVersion", "schedulingStrategy", "tags"),
    *(
        "enableECSManagedTags",
        "propagateTags",
        "enableExecuteCommand",
        "availabilityZoneRebalancing",
    ),
)


def items(text: Text, parameters: Mapping[str, str]) -> list[Item]:
    """The resources of a file; none if it holds nothing that the audit knows."""
    return list(_items(text.file, text.value, (), parameters))


def _items(file: str, value: Any, pointer: Path, parameters: Mapping[str, str]) -> Iterator[Item]:
    if isinstance(value, list):
        yield from _of_list(file, value, pointer, parameters)
    elif not isinstance(value, dict):
        return
    elif is_template(value):
        yield from Template(value, parameters).items(file)
    elif "ContainerDefinitions" in value:
        yield Item(TaskDefinition, to_api(value), Source(file, pointer))
    elif _updates(value):
        yield Item(Service, _updated(value), Source(file, pointer))
    elif kind := _kind(value):
        yield Item(kind, value, Source(file, pointer))
    else:
        yield from _wrapped(file, value, pointer)


def _of_list(
    file: str, value: list[Any], pointer: Path, parameters: Mapping[str, str]
) -> Iterator[Item]:
    if value and all(isinstance(each, dict) and {"name", "image"} <= each.keys() for each in value):
        task = {"containerDefinitions": value} | dict.fromkeys(_REST_OF_TASK, _ELSEWHERE)
        yield Item(TaskDefinition, task, Source(file, pointer, base=("containerDefinitions",)))
        return
    for index, each in enumerate(value):
        if not isinstance(each, list):
            yield from _items(file, each, (*pointer, index), parameters)


def _updates(value: dict[str, Any]) -> bool:
    # UpdateService calls the name of the service "service", and takes only what changes.
    return isinstance(value.get("service"), str) and not _UPDATED.isdisjoint(value)


def _updated(value: dict[str, Any]) -> dict[str, Any]:
    kept = dict.fromkeys(_KEPT, _AS_IT_IS)
    given = {key: each for key, each in value.items() if key not in _ONLY_UPDATES}
    return kept | given | {"serviceName": value["service"]}


def _kind(value: dict[str, Any]) -> type[Resource] | None:
    for kind, groups in _SHAPES:
        if any(group <= value.keys() for group in groups):
            return kind
    return None


def _wrapped(file: str, value: dict[str, Any], pointer: Path) -> Iterator[Item]:
    for name, kind in _SINGLE.items():
        inner = value.get(name)
        if isinstance(inner, dict):
            # DescribeTaskDefinition answers with the tags beside the task definition.
            beside = {"tags": value["tags"]} if "tags" in value and "tags" not in inner else {}
            yield Item(kind, inner | beside, Source(file, (*pointer, name)))
    for name, kind in _LISTS.items():
        inner = value.get(name)
        for index, each in enumerate(inner if isinstance(inner, list) else []):
            if isinstance(each, dict):
                yield Item(kind, each, Source(file, (*pointer, name, index)))
