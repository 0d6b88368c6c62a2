"""Instances that a lifecycle hook holds: how long, and when they may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ecsops import alerts
from ecsops.errors import CallFailed
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from spot_drain.instance_alerts import hook_denied, hook_given_up
from spot_drain.instances import Found, Instances
from spot_drain.lifecycle import HookDenied, HookOver, Hooks
from spot_drain.notices import Notice
from spot_drain.occupants import Occupants, Task
from spot_drain.watching import Hook, Watched

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# Tasks that do not stop by themselves hold an instance so long; then its hook is left to its time-out.
MAX_HOLD_S = 7_200
# Standalone tasks may come to their own end meanwhile; so long before that those that may be stopped are.
_STOP_BEFORE_S = 300
_OFTEN_S, _SELDOM_S = 15, 60
_OFTEN_FOR_S = 300


@dataclass(frozen=True, slots=True)
class Holding:
    """Looks after hooks."""

    hooks: Hooks
    instances: Instances
    events: EventBridgeClient

    def hook_of(self, notice: Notice) -> Hook | None:
        """What is to be remembered of a notice's hook."""
        told = notice.hook
        if told is None:
            return None
        return Hook(
            told.auto_scaling_group_name,
            told.lifecycle_hook_name,
            told.lifecycle_action_token,
            notice.at
            + self.hooks.beat_every_s(told.auto_scaling_group_name, told.lifecycle_hook_name),
            notice.at + MAX_HOLD_S,
        )

    def of_no_cluster(self, notice: Notice) -> Watched:
        """An instance that no cluster knows: nothing on it has to be waited for."""
        return Watched(notice.instance_id, "", "", notice.at, None, self.hook_of(notice), tasks=())

    def still_waits(self, notice: Notice) -> bool:
        """Whether an old hook is still active: a heartbeat tells, and does no harm.

        A late copy may come when the action is long over; nothing may be drained for it.
        """
        hook = self.hook_of(notice)
        if hook is None:
            return False
        try:
            self.hooks.beat(hook)
        except (HookOver, HookDenied):
            count("HooksOver")
            return False
        return True

    def look(
        self, held: Sequence[Watched], occupants: Occupants, now: float
    ) -> list[tuple[Watched, float]]:
        """Let go what is empty, hold the others; which to look at again, and when."""
        empty = [each for each in held if not _running(each, occupants)]
        late = self._arrived_since(empty)
        calls = [partial(self._one, each, occupants, late, now) for each in held]
        outcomes = run_all(calls)
        due = []
        for each, outcome in zip(held, outcomes, strict=True):
            if isinstance(outcome, CallFailed):
                logger.error("hook not answered", instance=each.instance_id, reason=str(outcome))
                due.append((each, now + _OFTEN_S))
            elif isinstance(outcome, Exception):
                raise outcome
            elif outcome is not None:
                soon = now - each.began_at < _OFTEN_FOR_S
                due.append((outcome, now + (_OFTEN_S if soon else _SELDOM_S)))
        return due

    def to_stop(
        self, held: Sequence[Watched], occupants: Occupants, now: float
    ) -> list[tuple[str, Task]]:
        """Standalone tasks that their owner lets the toolkit stop, when the hold comes to its end."""
        return [
            (each.cluster_arn, task)
            for each in held
            if each.hook and now >= each.hook.gives_up_at - _STOP_BEFORE_S
            for task in occupants.tasks[each.key]
            if task.occupant.is_standalone and task.occupant.may_be_stopped
        ]

    def _arrived_since(self, empty: Sequence[Watched]) -> dict[str, list[str] | CallFailed]:
        """What runs there all the same: somebody may have set an instance to ACTIVE again."""
        there = [Found(w.instance_id, w.arn, w.cluster_arn) for w in empty if w.arn]
        if not there:
            return {}
        listed = self.instances.tasks_on(there, with_stopping=True)
        by_cluster: dict[str, list[str]] = {}
        for found in there:
            tasks = listed.get(found.arn, [])
            if not isinstance(tasks, CallFailed):
                by_cluster.setdefault(found.cluster_arn, []).extend(tasks)
        described = self.instances.describe({c: t for c, t in by_cluster.items() if t})
        return {arn: _still_running(tasks, described) for arn, tasks in listed.items()}

    def _one(
        self,
        each: Watched,
        occupants: Occupants,
        late: dict[str, list[str] | CallFailed],
        now: float,
    ) -> Watched | None:
        """What is left to watch of an instance; None if nothing is."""
        hook = each.hook
        if hook is None:
            return None
        running = late.get(each.arn, []) if not _running(each, occupants) else None
        if isinstance(running, CallFailed):
            raise running
        try:
            if running == []:
                self.hooks.complete(hook)
                count("HooksCompleted")
                logger.info("hook completed", instance=each.instance_id, group=hook.group)
                return None
            if running:
                each = msgspec.structs.replace(each, tasks=tuple(running))
            if now >= hook.gives_up_at:
                count("HooksGivenUp")
                left = running or _running(each, occupants)
                alerts.publish(self.events, [hook_given_up(each, left, now)])
                return None
            if now >= hook.beat_at:
                self.hooks.beat(hook)
                beat_at = now + self.hooks.beat_every_s(hook.group, hook.name)
                each = msgspec.structs.replace(
                    each, hook=msgspec.structs.replace(hook, beat_at=beat_at)
                )
        except HookOver:
            count("HooksOver")
            logger.info("hook is over", instance=each.instance_id, group=hook.group)
            return None
        except HookDenied as error:
            count("HooksDenied")
            alerts.publish(self.events, [hook_denied(each, str(error), now)])
            return None
        return each


def _running(each: Watched, occupants: Occupants) -> list[str]:
    tasks = occupants.tasks[each.key]
    return [task.one.task_arn for task in tasks if not task.occupant.has_stopped]


def _still_running(
    tasks: list[str] | CallFailed, described: dict[str, dict[str, object] | CallFailed]
) -> list[str] | CallFailed:
    if isinstance(tasks, CallFailed):
        return tasks
    running = []
    for arn in tasks:
        task = described.get(arn.rpartition("/")[2])
        if isinstance(task, CallFailed):
            return task
        if task is not None and task.get("lastStatus") not in {"STOPPED", "DELETED"}:
            running.append(arn)
    return running
