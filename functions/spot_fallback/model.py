"""What is known of a Spot service, of its cover, and what was remembered of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from spot_fallback.owed import Owed
from spot_fallback.placement import Unplaced
from spot_fallback.settings import Settings

Status = Literal["absent", "active", "draining"]


class Counted(msgspec.Struct, frozen=True):
    """A service's tasks: ``there`` are meant to run, ``waiting`` of them have no instance for minutes."""

    there: int
    waiting: int = 0


class Primary(msgspec.Struct, frozen=True):
    """The Spot service. ``there`` counts its tasks that are meant to run, those starting included.

    An interrupted task still runs and is not meant to: ``running`` counts it, ``there`` does not.
    """

    arn: str
    cluster: str
    name: str
    desired: int
    running: int
    there: int
    deploying: bool
    settings: Settings
    tags: Mapping[str, str]
    wanted: Mapping[str, Any]  # what its cover has to look like: parameters of CreateService
    unplaced: Unplaced | None = None  # what its own events last said of a task that found no place
    spot_only: bool = True
    problems: tuple[str, ...] = ()
    waiting: int = 0  # of those that are meant to run: for minutes without an instance
    unhealthy: int = 0  # targets in its target groups that do not answer, or do not yet
    pending: int = 0  # of those that are meant to run: they start
    maximum_percent: int = 200  # of ``desired``: tasks that it may have at once
    revision: str = ""  # the service revision that serves
    deployed_at: float = 0.0  # when the deployment that counts began

    @property
    def place(self) -> tuple[str, str]:
        """The names of cluster and service, as metrics and alerts tell them."""
        return self.cluster.rpartition("/")[2], self.name

    @property
    def deficit(self) -> int:
        """How many tasks are missing that nobody is starting, or for which there is no instance."""
        return max(0, self.desired - self.there) + self.waiting

    @property
    def starting(self) -> int:
        """How many tasks are meant to run and do not yet."""
        return max(0, self.there - self.running)

    @property
    def on_instances(self) -> bool:
        """Whether its tasks wait for an instance in PROVISIONING, instead of finding no place."""
        return self.settings.provider is not None

    @property
    def missing(self) -> int:
        """How many tasks do not run, will not for long, or do not answer."""
        # Those that were interrupted run and are not meant to; those that start are and do not yet.
        serving = max(0, min(self.running, self.there - self.pending))
        return min(self.desired, max(0, self.desired - serving) + self.unhealthy)

    @property
    def room(self) -> int:
        """How many tasks may run beside those on Spot: for those that are missing, or in the surge.

        ECS rounds maximumPercent down
        (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html).
        """
        surge = self.desired * self.maximum_percent // 100
        return max(self.missing, self.deficit, surge - self.there)


class Shadow(msgspec.Struct, frozen=True):
    """The service that covers. ``ours``: its tag names the primary."""

    name: str
    status: Status = "absent"
    arn: str | None = None
    desired: int = 0
    running: int = 0
    ours: bool = True
    shape: Mapping[str, Any] = {}


class Evidence(msgspec.Struct, frozen=True):
    """What the events of this moment say: when tasks found no Spot, and no on-demand capacity."""

    spot_at: float | None = None
    on_demand_at: float | None = None


class Cover(msgspec.Struct, frozen=True):
    """What is remembered of a service's cover, in the table. ``version`` guards its writes."""

    target: int = 0
    since: float = 0.0  # of a cover of at least one task, until its end has been told
    peak: int = 0
    shortage_at: float = 0.0
    on_demand_short_at: float = 0.0
    raised_at: float = 0.0
    lowered_at: float = 0.0
    relapses: int = 0
    waiting_since: float = 0.0
    idle_at: float = (
        0.0  # since then fewer of the cover's tasks run than it has, though they had time to start
    )
    window_at: float = 0.0  # since then less was missing than is covered: at most window_need
    window_need: int = 0
    confirmed: bool = False  # the service has been seen with this target
    follows: str = ""  # the primary's service revision for which the cover was deployed
    told: tuple[str, ...] = ()
    owed: Owed | None = None  # what may not have been told yet
    reason: str = ""
    version: int = 0
