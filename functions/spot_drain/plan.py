"""What is due now on an instance that goes away, and when to look again.

DRAINING lets ECS move what it can. What it does not move dies with the instance: with a minimum of
100 % healthy tasks and no room elsewhere it stops nothing, and tasks of no service it never touches
(UpdateContainerInstancesState in the ECS API reference). So, against the deadline: what is still
registered is taken out, and every task is stopped early enough to use all of its own stop timeout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# ECS has this long to move tasks in order before their targets are taken out.
GRACE_S = 20
# From StopTask to SIGTERM, and from the end of the containers to the end of the instance.
MARGIN_S = 12
# "Cluster resource modify" actions refill by 40 a second. Two runs work side by side and know nothing of each
# other's stops (MaximumConcurrency 2): half of it each. What is throttled all the same is tried again in 5 s.
STOPS_PER_S = 20
# A daemon serves the other tasks: it goes when they have stopped, or when there is just time for it.
DAEMON_MARGIN_S = 5
DEFAULT_STOP_TIMEOUT_S = 30
# ECS may know a little earlier than the notice says, which counts whole seconds.
NOTICE_SLACK_S = 5


@dataclass(frozen=True, slots=True)
class Occupant:
    """A task on the instance. ``mode`` is its service's; a standalone task's own tag must say ``on``.

    ``ending_since``: when it was told to stop, or stopped; epoch seconds, None if neither is known.
    """

    task_arn: str
    last_status: str
    desired_status: str
    stop_timeout_s: int = DEFAULT_STOP_TIMEOUT_S
    mode: str = "on"
    is_daemon: bool = False
    is_standalone: bool = False
    ending_since: float | None = None

    @property
    def has_stopped(self) -> bool:
        """Whether nothing of it runs any more; desiredStatus STOPPED alone does not say so."""
        return self.last_status in {"STOPPED", "DELETED"}

    @property
    def may_be_stopped(self) -> bool:
        """Whether it runs, nobody has stopped it, and its owner lets the toolkit do so."""
        return not self.has_stopped and self.desired_status != "STOPPED" and self.mode == "on"

    def goes_anyway(self, began_at: float) -> bool:
        """Whether something else ends it, and did before the notice: a deployment, a crash, a person."""
        ends = self.has_stopped or self.desired_status == "STOPPED"
        since = began_at if self.ending_since is None else self.ending_since
        return ends and since < began_at - NOTICE_SLACK_S


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks to take out of their target groups and to stop now; when the next thing is due."""

    leave: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    next_at: float | None = None
    has_ended: bool = False


def plan(
    occupants: Iterable[Occupant],
    *,
    ends_at: float,
    began_at: float,
    left: frozenset[str] = frozenset(),
    crowd: int = 0,
    now: float,
) -> Plan:
    """The plan for an instance that is gone at ``ends_at``; ``left`` has been taken out before.

    ``crowd``: so many tasks are on the other instances that go at the same time.
    """
    if now >= ends_at:
        return Plan(has_ended=True)
    tasks = sorted(occupants, key=lambda task: task.task_arn)
    running = [task for task in tasks if not task.has_stopped]
    stops = {
        task.task_arn: _stop_at(task, running, ends_at, (began_at + GRACE_S, crowd), now)
        for task in running
        if task.may_be_stopped
    }
    leaves = {
        task.task_arn: _leave_at(task, began_at, stops.get(task.task_arn, ends_at), now)
        for task in running
        if not task.is_standalone and task.task_arn not in left and not task.goes_anyway(began_at)
    }
    later = [at for at in (*stops.values(), *leaves.values()) if at > now]
    return Plan(
        leave=tuple(arn for arn, at in leaves.items() if at <= now),
        stop=tuple(arn for arn, at in stops.items() if at <= now),
        next_at=min(later, default=None),
    )


def _leave_at(task: Occupant, began_at: float, stop_at: float, now: float) -> float:
    # ECS moves it, or somebody stopped it: SIGTERM is on its way, and has to find it out of rotation.
    if task.desired_status == "STOPPED":
        return now
    return min(began_at + GRACE_S, stop_at)


def _stop_at(
    task: Occupant, running: list[Occupant], ends_at: float, storm: tuple[float, int], now: float
) -> float:
    others = [other for other in running if not other.is_daemon]
    if task.is_daemon:
        last_moment = ends_at - DAEMON_MARGIN_S - min(task.stop_timeout_s, MARGIN_S)
        return last_moment if others else now
    queue = sum(other.may_be_stopped for other in others) / STOPS_PER_S
    alone = ends_at - task.stop_timeout_s - MARGIN_S - queue
    # Those of a whole storm stand in one queue; ECS gets its time all the same.
    grace_over, crowd = storm
    return min(alone, max(grace_over, alone - crowd / STOPS_PER_S))
