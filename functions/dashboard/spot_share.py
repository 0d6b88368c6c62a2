"""How many of a service's running tasks are on Fargate Spot, from its description alone.

DescribeTasks would tell the capacity provider of every task, at one call for a hundred tasks. A
deployment's strategy says the same without a call: with one capacity provider in it there is no
other place for its tasks, and with both of Fargate's the split follows from base and weights. So
counts are exact for a strategy of one provider, and planned for a mixed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SPOT, _ON_DEMAND = "FARGATE_SPOT", "FARGATE"


@dataclass(frozen=True, slots=True)
class SpotShare:
    """``spot`` of ``running`` tasks; ``planned`` when a mixed strategy was reckoned with."""

    spot: int
    running: int
    planned: bool

    @property
    def percent(self) -> int:
        """Rounded; 0 when nothing runs."""
        return round(100 * self.spot / self.running) if self.running else 0


def spot_share(groups: Iterable[Mapping[str, Any]]) -> SpotShare | None:
    """The share over deployments or task sets; None where a task may be on EC2 or elsewhere."""
    spot = running = 0
    planned = False
    for group in groups:
        count = int(group.get("runningCount", 0))
        of_group = _spot_tasks(count, group)
        if of_group is None:
            return None
        spot, running = spot + of_group, running + count
        planned = planned or (count > 0 and _is_mixed(group.get("capacityProviderStrategy") or ()))
    return SpotShare(spot, running, planned)


def wants_spot(groups: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any strategy names Fargate Spot."""
    return any(
        item.get("capacityProvider") == _SPOT
        for group in groups
        for item in group.get("capacityProviderStrategy") or ()
    )


def _spot_tasks(count: int, group: Mapping[str, Any]) -> int | None:
    strategy: Sequence[Mapping[str, Any]] = group.get("capacityProviderStrategy") or ()
    if not strategy:
        return 0 if group.get("launchType") == _ON_DEMAND else None
    names = {item.get("capacityProvider") for item in strategy}
    if names <= {_SPOT}:
        return count
    if names <= {_ON_DEMAND}:
        return 0
    return _planned(count, strategy) if names == {_SPOT, _ON_DEMAND} else None


def _planned(count: int, strategy: Sequence[Mapping[str, Any]]) -> int:
    """The base first, the rest by weight.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    base = {name: _sum(strategy, name, "base") for name in (_SPOT, _ON_DEMAND)}
    weight = {name: _sum(strategy, name, "weight") for name in (_SPOT, _ON_DEMAND)}
    first = min(count, base[_SPOT]), min(count, base[_ON_DEMAND])
    rest, total = max(0, count - sum(first)), sum(weight.values())
    return min(count, first[0] + (round(rest * weight[_SPOT] / total) if total else 0))


def _sum(strategy: Iterable[Mapping[str, Any]], name: str, field: str) -> int:
    return sum(
        int(item.get(field) or 0) for item in strategy if item.get("capacityProvider") == name
    )


def _is_mixed(strategy: Iterable[Mapping[str, Any]]) -> bool:
    return len({item.get("capacityProvider") for item in strategy}) > 1
