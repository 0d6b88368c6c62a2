"""Fargate and Fargate Spot capacity, and the capacity provider strategy that spreads tasks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.ecs.model import Shape, Task

FARGATE, FARGATE_SPOT = "FARGATE", "FARGATE_SPOT"
FARGATE_PROVIDERS = (FARGATE, FARGATE_SPOT)


class Capacity:
    """How many tasks each capacity provider can hold in each Availability Zone."""

    def __init__(self) -> None:
        """No limits."""
        self._limits: dict[tuple[str, str | None], int] = {}
        self._held: Counter[tuple[str, str]] = Counter()

    def limit(self, provider: str, tasks: int | None, availability_zone: str | None = None) -> None:
        """Hold at most ``tasks`` from now on (None: no limit), in one zone or in each of them.

        Tasks that are there stay: taking capacity away is one thing, interrupting another.
        """
        if tasks is None:
            self._limits.pop((provider, availability_zone), None)
        else:
            self._limits[provider, availability_zone] = tasks

    def has_room(self, provider: str, availability_zone: str) -> bool:
        """Tell whether another task fits."""
        anywhere = self._limits.get((provider, None))
        limit = self._limits.get((provider, availability_zone), anywhere)
        return limit is None or self._held[provider, availability_zone] < limit

    def take(self, task: Task) -> None:
        """A task occupies capacity until it is STOPPED."""
        self._held[task.capacity_provider or FARGATE, task.availability_zone] += 1

    def give_back(self, task: Task) -> None:
        """The capacity of a STOPPED task is free again."""
        self._held[task.capacity_provider or FARGATE, task.availability_zone] -= 1


def next_provider(strategy: list[Shape], running: Mapping[str, int]) -> str:
    """Tell where the next task goes: the base first, then by weight.

    There is no way from one provider to another when capacity is short: Fargate does not replace
    Spot capacity with on-demand capacity.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    for item in strategy:
        if running.get(item["capacityProvider"], 0) < item.get("base", 0):
            return str(item["capacityProvider"])

    def load(item: Shape) -> float:
        above_base = running.get(item["capacityProvider"], 0) - item.get("base", 0)
        return float((above_base + 1) / item["weight"])

    return str(min((i for i in strategy if i.get("weight", 0)), key=load)["capacityProvider"])
