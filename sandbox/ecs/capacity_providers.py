"""The operations on capacity providers: AWS's own for Fargate, and those of Auto Scaling groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.capacity import FARGATE_PROVIDERS
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape
    from sandbox.ecs.state import State


class CapacityProviders:
    """Creates and shows capacity providers."""

    def __init__(self, state: State) -> None:
        """``state`` keeps them."""
        self._state = state
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateCapacityProvider": self._create,
            "DescribeCapacityProviders": self._describe,
        }

    def _create(self, request: Request) -> Shape:
        """Managed draining is on unless it is switched off."""
        params = request.params
        given = params.get("autoScalingGroupProvider")
        if given is None:
            raise UnsupportedOperation("the sandbox knows providers of Auto Scaling groups only")
        if params["name"] in self._state.providers or params["name"] in FARGATE_PROVIDERS:
            message = f"A capacity provider with the name {params['name']} already exists."
            raise ApiError("ClientException", message)
        shape: Shape = {
            "capacityProviderArn": request.arn("ecs", f"capacity-provider/{params['name']}"),
            "name": params["name"],
            "status": "ACTIVE",
            "autoScalingGroupProvider": {"managedDraining": "ENABLED", **given},
            "tags": params.get("tags", []),
            "type": "EC2_AUTOSCALING",
        }
        self._state.providers[params["name"]] = shape
        return {"capacityProvider": shape}

    def _describe(self, request: Request) -> Shape:
        own = self._state.providers
        asked = [each.rsplit("/", 1)[-1] for each in request.params.get("capacityProviders") or []]
        known = (*FARGATE_PROVIDERS, *own)
        return {
            "capacityProviders": [
                own.get(name) or _fargate(request, name) for name in asked or known if name in known
            ],
            "failures": [
                {"arn": request.arn("ecs", f"capacity-provider/{name}"), "reason": "MISSING"}
                for name in asked
                if name not in known
            ],
        }


def _fargate(request: Request, name: str) -> Shape:
    return {
        "capacityProviderArn": request.arn("ecs", f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "tags": [],
        "type": name,
    }
