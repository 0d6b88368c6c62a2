"""On what capacity a service's tasks really run: launch type, its own strategy, or the cluster's.

Source: API reference, CreateService "capacityProviderStrategy": "If a launchType is specified, the
capacityProviderStrategy parameter must be omitted. If no capacityProviderStrategy or launchType is specified,
the defaultCapacityProviderStrategy for the cluster is used."
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from audit.model.node import Node

FARGATE_SPOT = "FARGATE_SPOT"
_FARGATE = frozenset({"FARGATE", FARGATE_SPOT})

type Origin = Literal["launchType", "capacityProviderStrategy", "defaultCapacityProviderStrategy"]


class Share(NamedTuple):
    """One provider of a strategy."""

    provider: str
    weight: int
    base: int
    node: Node

    @property
    def used(self) -> bool:
        """Does it ever get a task?"""
        return self.weight > 0 or self.base > 0


class Strategy(NamedTuple):
    """The shares in force, and which field they come from."""

    shares: tuple[Share, ...]
    origin: Origin
    node: Node

    @property
    def spot(self) -> bool:
        """May tasks land on Fargate Spot?"""
        return any(share.provider == FARGATE_SPOT and share.used for share in self.shares)

    @property
    def fargate(self) -> bool:
        """May tasks land on Fargate?"""
        return any(share.provider in _FARGATE for share in self.shares)

    @property
    def platforms(self) -> frozenset[str]:
        """``FARGATE`` and what else a task definition must be fit for."""
        if self.origin == "launchType":
            return frozenset(share.provider for share in self.shares)
        return frozenset({"FARGATE"}) if self.fargate else frozenset({"EC2"})


def of_launch_type(launch_type: str, node: Node) -> Strategy:
    """All tasks on one launch type."""
    return Strategy((Share(launch_type.upper(), 1, 0, node),), "launchType", node)


def of_items(origin: Origin, node: Node) -> Strategy:
    """The strategy that a list of items spells out; a weight that is not given is 0."""
    return Strategy(tuple(_shares(node.items())), origin, node)


def _shares(items: Iterable[Node]) -> Iterable[Share]:
    for item in items:
        provider = item["capacityProvider"].text()
        if provider is not None:
            weight, base = item["weight"].whole() or 0, item["base"].whole() or 0
            yield Share(provider, weight, base, item)
