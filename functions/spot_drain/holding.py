"""Instances that a lifecycle hook holds: how long, and when they may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from ecsops import alerts
from ecsops.errors import CALL_ERRORS, CallFailed
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from spot_drain.hold import TOLD_EVERY_S, beats_at, gives_up_at, next_at
from spot_drain.instance_alerts import hook_cut_short, hook_given_up, hook_let_go
from spot_drain.instance_tasks import InstanceTasks
from spot_drain.lifecycle import HookDenied, HookOver, Hooks
from spot_drain.notices import Notice
from spot_drain.occupants import Occupants, Task
from spot_drain.open_incidents import OpenIncidents
from spot_drain.taken import Taken
from spot_drain.watching import Hook, Watched
from spot_drain.whereabouts import Found

# Standalone tasks may come to their own end meanwhile; so long before that those that may be stopped are.
_STOP_BEFORE_S = 300


@dataclass(frozen=True, slots=True)
class Holding:
    """Looks after hooks."""

    hooks: Hooks
    tasks: InstanceTasks
    incidents: OpenIncidents
    taken: Taken

    def hook_of(self, notice: Notice) -> Hook | None:
        """What is to be remembered of a notice's hook."""
        told = notice.hook
        if told is None:
            return None
        group, name = told.auto_scaling_group_name, told.lifecycle_hook_name
        timeout_s = self.hooks.timeout_s(group, name)
        return Hook(
            group,
            name,
            told.lifecycle_action_token,
            beats_at(notice.at, timeout_s),
            gives_up_at(notice.at, timeout_s),
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
        """Let go what is empty, hold the others; which to look at again, and when.

        Trouble with one, be it with telling people, is that one's own: it is looked at again soon.
        """
        empty = [each for each in held if _running(each, occupants) == []]
        late = self._arrived_since(empty)
        calls = [partial(self._one, each, occupants, late, now) for each in held]
        due = []
        for each, outcome in zip(held, run_all(calls), strict=True):
            if isinstance(outcome, CALL_ERRORS):
                logger.error("hook not answered", instance=each.instance_id, reason=str(outcome))
                again = self._failed(each, str(outcome), now)
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                again = outcome
            if again is not None:
                failed = isinstance(outcome, Exception) or each.key in occupants.failed
                due.append((again, next_at(again, now, failed=failed)))
        return due

    def drop(self, held: Sequence[Watched], now: float) -> None:
        """Look after them no longer: their hooks run into their own time-outs."""
        for each in held:
            logger.warning("hook left alone, switched off", instance=each.instance_id)
            self._over(each, "draining is switched off, its hook runs into its own time-out", now)

    def to_stop(
        self, held: Sequence[Watched], occupants: Occupants, now: float
    ) -> list[tuple[str, Task]]:
        """Standalone tasks that their owner lets the toolkit stop, when the hold comes to its end."""
        return [
            (each.cluster_arn, task)
            for each in held
            if each.hook and now >= each.hook.gives_up_at - _STOP_BEFORE_S
            for task in occupants.tasks.get(each.key, ())
            if task.occupant.is_standalone and task.occupant.may_be_stopped
        ]

    def _arrived_since(self, empty: Sequence[Watched]) -> dict[str, list[str] | CallFailed]:
        """What runs there all the same: somebody may have set an instance to ACTIVE again."""
        there = [Found(w.instance_id, w.arn, w.cluster_arn) for w in empty if w.arn]
        if not there:
            return {}
        listed = self.tasks.tasks_on(there, with_stopping=True)
        by_cluster: dict[str, list[str]] = {}
        for found in there:
            tasks = listed.get(found.arn, [])
            if not isinstance(tasks, CallFailed):
                by_cluster.setdefault(found.cluster_arn, []).extend(tasks)
        described = self.tasks.describe({c: t for c, t in by_cluster.items() if t})
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
        running = _running(each, occupants)
        try:
            if running == []:
                running = _known(late.get(each.arn, []))
                if not running:
                    self.hooks.complete(hook)
                    count("HooksCompleted")
                    logger.info("hook completed", instance=each.instance_id, group=hook.group)
                    self._over(each, "its hook is completed", now)
                    return None
                each = replace(each, tasks=tuple(running))
            if now >= hook.gives_up_at:
                return self._gives_up(each, running or [], "", now)
            return self._held(each, hook, now)
        except HookOver:
            count("HooksOver")
            logger.info("hook is over", instance=each.instance_id, group=hook.group)
            if running and not hook.told and not self.taken.has(each.instance_id, now):
                alerts.publish(self.incidents.events, [hook_cut_short(each, running, now)])
            self._over(each, "its hook is over", now)
            return None
        except HookDenied as error:
            return self._denied(each, hook, str(error), now)

    def _held(self, each: Watched, hook: Hook, now: float) -> Watched:
        if now < hook.beat_at:
            return each
        self.hooks.beat(hook)
        if hook.told:
            self.incidents.hook_over(each, "the toolkit may answer its hook now", now)
        # Asked anew: what could not be read at first was taken for the shortest.
        timeout_s = self.hooks.timeout_s(hook.group, hook.name)
        held = replace(
            hook,
            beat_at=beats_at(now, timeout_s),
            gives_up_at=gives_up_at(each.began_at, timeout_s),
            told="",
        )
        return replace(each, hook=held)

    def _denied(self, each: Watched, hook: Hook, reason: str, now: float) -> Watched | None:
        """Told once; tried again, should the group be tagged meanwhile, as long as it may wait."""
        if now >= hook.gives_up_at:
            self._over(each, "its hook has run into its own time-out", now)
            return None
        if not hook.told:
            count("HooksDenied")
            self.incidents.hook_denied(each, reason, now)
        return replace(each, hook=replace(hook, told="denied", beat_at=now + TOLD_EVERY_S))

    def _failed(self, each: Watched, reason: str, now: float) -> Watched | None:
        if not each.hook or now < each.hook.gives_up_at:
            return each
        try:
            return self._gives_up(each, each.tasks, reason, now)
        except CALL_ERRORS as error:
            logger.error("hook not told", instance=each.instance_id, reason=str(error))
            return each if now < each.until else None

    def _gives_up(
        self, each: Watched, left: Sequence[str], reason: str, now: float
    ) -> Watched | None:
        """No more heartbeats; it is looked at until it is over, or cannot be but over."""
        hook = each.hook
        if hook is None or now >= each.until:
            self._over(each, "no hook holds an instance so long", now)
            return None
        if hook.told == "denied":
            self._over(each, "its hook has run into its own time-out", now)
            return None
        if not hook.told:
            count("HooksGivenUp")
            alerts.publish(self.incidents.events, [hook_given_up(each, left, reason, now)])
        return replace(each, hook=replace(hook, told="given-up"))

    def _over(self, each: Watched, how: str, now: float) -> None:
        """Nothing is left to watch: what a person was told is told as over."""
        if each.hook and each.hook.told == "denied":
            self.incidents.hook_over(each, how, now)
        elif each.hook and each.hook.told:
            alerts.publish(self.incidents.events, [hook_let_go(each, how, now)])


def _running(each: Watched, occupants: Occupants) -> list[str] | None:
    """None: nothing is known of it now."""
    tasks = None if each.key in occupants.failed else occupants.tasks[each.key]
    if tasks is None:
        return None
    return [task.one.task_arn for task in tasks if not task.occupant.has_stopped]


def _known(tasks: list[str] | CallFailed) -> list[str]:
    if isinstance(tasks, CallFailed):
        raise tasks
    return tasks


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
