"""The AppSpec of a deployment to Amazon ECS.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from sandbox.errors import ApiError, UnsupportedOperation


@dataclass(frozen=True, slots=True)
class AppSpec:
    """What is to be deployed."""

    task_definition: str
    container: str
    port: int
    platform_version: str | None


def read_app_spec(content: str) -> AppSpec:
    """Read YAML or JSON; the hooks of CodeDeploy are not simulated."""
    try:
        document: Any = yaml.safe_load(content)
        (resource,) = document["Resources"]
        properties = resource["TargetService"]["Properties"]
        balancer = properties["LoadBalancerInfo"]
        spec = AppSpec(
            str(properties["TaskDefinition"]),
            str(balancer["ContainerName"]),
            int(balancer["ContainerPort"]),
            properties.get("PlatformVersion"),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as problem:
        message = f"The AppSpec file is not valid: {problem}"
        raise ApiError("InvalidRevisionException", message) from problem
    if document.get("Hooks"):
        raise UnsupportedOperation("the sandbox does not run the hooks of an AppSpec")
    return spec
