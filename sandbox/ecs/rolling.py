"""The rolling update: what to start and what to stop next.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.ecs.launcher import share
from sandbox.ecs.model import STARTING

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.ecs.model import Shape, Task


@dataclass(frozen=True, slots=True)
class Census:
    """The tasks of a service that are meant to run, seen from its primary deployment.

    ``stale`` ones are to be replaced: they belong to an older deployment or fail health checks.
    """

    desired: int
    current: tuple[Task, ...]
    stale: tuple[Task, ...]
    healthy: frozenset[str]  # ARNs
    draining: frozenset[str] = frozenset()  # ARNs of stale ones whose instance is DRAINING

    @property
    def missing(self) -> int:
        """How many tasks the primary deployment lacks."""
        return self.desired - len(self.current)

    @property
    def steady(self) -> bool:
        """Whether there is nothing left to do."""
        serving = all(task.arn in self.healthy for task in self.current)
        return not self.stale and self.missing == 0 and serving

    def count_healthy(self, tasks: Collection[Task]) -> int:
        """Count the healthy ones among ``tasks``."""
        return sum(task.arn in self.healthy for task in tasks)


def to_start(census: Census, configuration: Shape) -> int:
    """How many tasks may be started now: maximumPercent counts every task that is meant to run."""
    if not census.stale:
        return max(census.missing, 0)
    return max(min(census.missing, _room(census, configuration)), 0)


def to_stop(census: Census, configuration: Shape) -> list[Task]:
    """Which tasks may be stopped now: minimumHealthyPercent of healthy ones stay.

    A task is stopped once its replacement is healthy; earlier if maximumPercent leaves no room to
    start the replacement, or if its instance is being drained and minimumHealthyPercent allows it.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerInstancesState.html
    """
    floor = share(census.desired, configuration["minimumHealthyPercent"])
    spare = census.count_healthy(census.current) + census.count_healthy(census.stale) - floor
    replaced = census.count_healthy(census.current) + len(census.stale) - census.desired
    blocked = census.missing - max(_room(census, configuration), 0)
    stopped = []
    for task in sorted(census.stale, key=lambda task: task.arn in census.healthy):
        if task.protected and not task.failed_check:
            continue
        starting = task.last_status in STARTING
        if not starting and replaced <= 0 and blocked <= 0 and task.arn not in census.draining:
            continue
        if task.arn in census.healthy:
            if spare <= 0:
                continue
            spare -= 1
        replaced, blocked = replaced - 1, blocked - 1
        stopped.append(task)
    return stopped + _surplus(census)


def _room(census: Census, configuration: Shape) -> int:
    maximum = census.desired * configuration["maximumPercent"] // 100
    return int(maximum - len(census.current) - len(census.stale))


def _surplus(census: Census) -> list[Task]:
    """Too many: the unhealthy go first, then those of the fullest Availability Zone."""
    left = list(census.current)
    surplus: list[Task] = []
    while len(left) > census.desired:
        zones = Counter(task.availability_zone for task in left)
        victim = min(
            (task for task in left if not task.protected),
            key=lambda task: (task.arn in census.healthy, -zones[task.availability_zone]),
            default=None,
        )
        if victim is None:
            break
        left.remove(victim)
        surplus.append(victim)
    return surplus
