"""Reads from a request what the tasks shall be like, and refuses what ECS refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.ecs.capacity import FARGATE
from sandbox.ecs.model import Cluster, Template
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.caller import Request
    from sandbox.ecs.model import Shape
    from sandbox.ecs.state import State
    from sandbox.elb import TargetGroups

FIELDS = {
    "networkConfiguration": "network",
    "serviceConnectConfiguration": "service_connect",
    "loadBalancers": "load_balancers",
    "serviceRegistries": "registries",
}
STRATEGY_NEEDS_FORCE = (
    "When switching from launch type to capacity provider strategy on an existing service, or "
    "making a change to a capacity provider strategy on a service that is already using one, you "
    "must force a new deployment."
)


class Templates:
    """Makes templates."""

    def __init__(self, state: State, targets: TargetGroups) -> None:
        """``targets`` knows which target groups exist."""
        self._state = state
        self._targets = targets

    def new(self, request: Request, cluster: Cluster) -> Template:
        """Read everything from a request that creates a service or task set, or runs tasks."""
        params = request.params
        definition = self._state.usable_task_definition(request, params["taskDefinition"])
        launch_type, strategy = params.get("launchType"), params.get("capacityProviderStrategy")
        if launch_type and strategy:
            message = "Specifying both a launch type and capacity provider strategy is not allowed."
            raise ApiError("InvalidParameterException", message)
        if not launch_type:
            strategy = strategy or cluster.default_strategy
        template = Template(
            definition,
            None if strategy else _simulated(launch_type or "EC2"),
            _checked(strategy or [], cluster),
            platform_version=_platform_version(params.get("platformVersion", "LATEST")),
            daemon=params.get("schedulingStrategy") == "DAEMON",
        )
        return self._with_fields(template, params)

    def changed(self, request: Request, cluster: Cluster, template: Template) -> Template:
        """Read from an UpdateService request what it changes."""
        params = request.params
        if "taskDefinition" in params:
            name = params["taskDefinition"]
            definition = self._state.usable_task_definition(request, name)
            template = replace(template, definition=definition)
        if "platformVersion" in params:
            version = _platform_version(params["platformVersion"])
            template = replace(template, platform_version=version)
        if "capacityProviderStrategy" in params:
            template = self._with_strategy(request, cluster, template)
        return self._with_fields(template, params)

    def _with_strategy(self, request: Request, cluster: Cluster, template: Template) -> Template:
        strategy = _checked(request.params["capacityProviderStrategy"], cluster)
        if strategy != template.strategy and not request.params.get("forceNewDeployment"):
            raise ApiError("InvalidParameterException", STRATEGY_NEEDS_FORCE)
        launch_type = None if strategy else FARGATE
        return replace(template, strategy=strategy, launch_type=launch_type)

    def _with_fields(self, template: Template, params: Shape) -> Template:
        values: dict[str, Any] = {
            field: tuple(params[name]) if isinstance(params[name], list) else params[name]
            for name, field in FIELDS.items()
            if name in params
        }
        for load_balancer in values.get("load_balancers", ()):
            self._check_target_group(load_balancer)
        template = replace(template, **values)
        if template.network_mode == "awsvpc" and "awsvpcConfiguration" not in template.network:
            message = (
                "Network Configuration must be provided when networkMode 'awsvpc' is specified."
            )
            raise ApiError("InvalidParameterException", message)
        return template

    def _check_target_group(self, load_balancer: Shape) -> None:
        arn = load_balancer.get("targetGroupArn")
        if arn and not self._targets.in_use(arn):
            message = (
                f"The target group with targetGroupArn {arn} does not have an associated "
                "load balancer."
            )
            raise ApiError("InvalidParameterException", message)


def _simulated(launch_type: str) -> str:
    if launch_type not in (FARGATE, "EC2"):
        raise UnsupportedOperation(f"the sandbox does not run tasks of launch type {launch_type}")
    return launch_type


def _platform_version(version: str) -> str:
    return "1.4.0" if version == "LATEST" else version


def _checked(strategy: list[Shape], cluster: Cluster) -> tuple[Shape, ...]:
    for item in strategy:
        if item["capacityProvider"] not in cluster.capacity_providers:
            message = (
                f"The specified capacity provider '{item['capacityProvider']}' is not associated "
                f"with the cluster '{cluster.name}'."
            )
            raise ApiError("InvalidParameterException", message)
    if strategy and not any(item.get("weight", 0) for item in strategy):
        message = (
            "The specified capacity provider strategy must contain a capacity provider with a "
            "weight greater than 0."
        )
        raise ApiError("InvalidParameterException", message)
    if sum(bool(item.get("base")) for item in strategy) > 1:
        message = "Only one capacity provider in a capacity provider strategy can have a base."
        raise ApiError("InvalidParameterException", message)
    full = [{"weight": 0, "base": 0, **item} for item in strategy]
    return tuple(full)
