"""The fleet: what is shown of each service, and which service is shown first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.level import Finding, Level, weightiest
from dashboard.rollout import Rollout, rollout_of
from dashboard.spot_share import SpotShare, spot_share, wants_spot
from ecsops.arns import parse_arn
from ecsops.queue_status import QueueStatus
from ecsops.tags import from_ecs
from ecsops.verdict_status import VerdictStatus

HOURS = 24
_NONE = (0,) * HOURS
# Outcomes after which somebody has something to do.
_BAD_OUTCOMES = {
    "failed": Level.WARNING,
    "stalled": Level.WARNING,
    "rolling back": Level.WARNING,
    "rollback failed": Level.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class SpotDay:
    """Tasks behind target groups that Spot took in 24 hours, by the hour; who drained them.

    Oldest hour first. Tasks without a target group have nothing to be drained from.
    """

    native: tuple[int, ...] = _NONE
    backstop: tuple[int, ...] = _NONE
    stuck: tuple[int, ...] = _NONE


@dataclass(frozen=True, slots=True)
class Service:
    """One service as ECS describes it. ``spot`` is None where tasks may be on EC2 or elsewhere."""

    arn: str
    cluster: str
    name: str
    desired: int
    running: int
    pending: int
    rollout: Rollout
    spot: SpotShare | None = None
    uses_spot: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A service and what the toolkit measured of it; None where nothing was measured."""

    service: Service
    spot_day: SpotDay | None = None
    queue: QueueStatus | None = None
    deployed: VerdictStatus | None = None

    @property
    def level(self) -> Level:
        """How much it needs a person."""
        return self.verdict[0]

    @property
    def verdict(self) -> Finding:
        """The level, and why, in a few words."""
        return weightiest(_findings(self))

    @property
    def is_late(self) -> bool:
        """Whether messages wait longer than they may."""
        return self.queue is not None and self.queue.latency_s > self.queue.slo_s > 0


def service_from(described: Mapping[str, Any]) -> Service:
    """Read one element of DescribeServices."""
    groups = [*(described.get("deployments") or ()), *(described.get("taskSets") or ())]
    arn = described["serviceArn"]
    return Service(
        arn=arn,
        cluster=parse_arn(described["clusterArn"], "$.clusterArn").name,
        name=described.get("serviceName") or parse_arn(arn, "$.serviceArn").name,
        desired=int(described.get("desiredCount", 0)),
        running=int(described.get("runningCount", 0)),
        pending=int(described.get("pendingCount", 0)),
        rollout=rollout_of(described),
        spot=spot_share(groups),
        uses_spot=wants_spot(groups),
        tags=from_ecs(described.get("tags")),
    )


def trouble_first(rows: Iterable[Row]) -> list[Row]:
    """In the order in which they are shown."""
    return sorted(rows, key=lambda row: (-row.level, row.service.cluster, row.service.name))


def _findings(row: Row) -> list[Finding]:
    """All that can be said, the weightiest of a level first."""
    service = row.service
    return [
        *_of_tasks(service),
        *_of_deployed(row.deployed),
        *_of_rollout(service.rollout),
        *_of_queue(row),
        *_of_spot(row.spot_day),
        (Level.FINE, "scaled to zero" if service.desired == 0 else "steady"),
    ]


def _of_tasks(service: Service) -> list[Finding]:
    missing = service.desired - service.running
    if missing <= 0:
        return []
    if service.running == 0 and service.pending == 0:
        return [(Level.CRITICAL, "nothing is running")]
    if service.running == 0:
        return [(Level.WARNING, "nothing is running yet")]
    if service.rollout.state != "steady":
        return []
    return [(Level.WARNING, f"{missing} of {service.desired} tasks missing")]


def _of_deployed(deployed: VerdictStatus | None) -> list[Finding]:
    """What the deployment guard says: ECS calls a rollback "completed", and may try for ever."""
    level = _BAD_OUTCOMES.get(deployed.outcome) if deployed else None
    if deployed is None or level is None:
        return []
    because = f": {deployed.cause}" if deployed.cause else ""
    return [(level, f"{deployed.version} {deployed.outcome}{because}")]


def _of_rollout(rollout: Rollout) -> list[Finding]:
    match rollout.state:
        case "failed":
            return [(Level.WARNING, "deployment failed")]
        case "rolling back":
            return [(Level.WARNING, "rolling back")]
        case "in progress" if rollout.failed_tasks:
            return [(Level.WARNING, f"deploying, {rollout.failed_tasks} tasks failed")]
        case "in progress":
            return [(Level.BUSY, "deploying")]
        case _:
            return []


def _of_spot(day: SpotDay | None) -> list[Finding]:
    stuck = sum(day.stuck) if day else 0
    return [(Level.WARNING, f"{stuck} Spot tasks stayed in rotation")] if stuck else []


def _of_queue(row: Row) -> list[Finding]:
    problems = row.queue.problems if row.queue else 0
    if problems:
        what = "a problem" if problems == 1 else f"{problems} problems"
        return [(Level.WARNING, f"not scaled: {what} in its tags")]
    return [(Level.WARNING, "messages wait longer than the SLO")] if row.is_late else []
