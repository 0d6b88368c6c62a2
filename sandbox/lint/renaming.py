"""CloudFormation's names of ECS fields, and the API's: the same, but for the first letter and a few words."""

from __future__ import annotations

from functools import cache
from typing import Any

from audit.model.node import Unresolved

# CloudFormation template reference, AWS::ECS::TaskDefinition and AWS::ECS::Service.
_API_NAMES = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
    "FilesystemId": "fileSystemId",
    "IAM": "iam",
    "ClusterSettings": "settings",
    "ProxyConfigurationProperties": "properties",
}
_TEMPLATE_NAMES = {
    **{api: template for template, api in _API_NAMES.items()},
    "Attributes": "TargetGroupAttributes",
    "TargetGroupName": "Name",
    "LoadBalancerName": "Name",
    "cluster": "Cluster",
}
# What stands below these is the user's own: names of options and labels.
_DEEPEST = 100
_FREE = frozenset({"options", "dockerLabels", "driverOpts", "labels", "hookDetails"})


def api_name(name: str) -> str:
    """``containerDefinitions`` of ``ContainerDefinitions``."""
    return _API_NAMES.get(name) or name[:1].lower() + name[1:]


@cache
def template_names(name: str) -> tuple[str, ...]:
    """The names that an API field may have in a template, the likeliest first."""
    upper = name[:1].upper() + name[1:]
    return (name, upper, *([_TEMPLATE_NAMES[name]] if name in _TEMPLATE_NAMES else []))


def template_name(name: str) -> str:
    """The name of an API field in a template that does not hold it yet."""
    return _TEMPLATE_NAMES.get(name) or name[:1].upper() + name[1:]


def to_api(value: Any, depth: int = 0) -> Any:
    """A resource's properties with the names of the API."""
    match value:
        case dict() | list() if depth > _DEEPEST:
            return Unresolved("nested too deeply")
        case dict():
            renamed = {api_name(key): each for key, each in value.items()}
            return {
                key: each if key in _FREE else to_api(each, depth + 1)
                for key, each in renamed.items()
            }
        case list():
            return [to_api(each, depth + 1) for each in value]
        case _:
            return value


def to_template(value: Any) -> Any:
    """A value with the names that a template has for the API's fields."""
    match value:
        case dict():
            return {template_name(key): to_template(each) for key, each in value.items()}
        case list():
            return [to_template(each) for each in value]
        case _:
            return value
