"""Instances that go away, from the notice to the last task: the shell around the plan.

What happens next if something fails: a notice that cannot be acted on is tried again with its message;
once an instance is watched, every look schedules the next one before it stops anything, so a process
that dies costs seconds, and what was due is still due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ecsops import observability
from ecsops.errors import CALL_ERRORS, CallFailed, HeldBack, RegistryRefused
from ecsops.observability import MetricUnit, count, logger
from ecsops.parallel import chunks
from ecsops.queue import send_later
from spot_drain.aws import Aws
from spot_drain.drain import Pass, leave_groups, leave_registries, note_refusals
from spot_drain.finding import drain, find
from spot_drain.holding import Holding
from spot_drain.instances import Found, Instances, Search
from spot_drain.interruption import Interruption
from spot_drain.messages import Leave, TaskCheck, encode
from spot_drain.notices import Notice, merge
from spot_drain.occupants import Occupants, Task, occupants_of
from spot_drain.plan import plan
from spot_drain.targets import Entry, Service
from spot_drain.telling import tell_pass, tell_unlisted
from spot_drain.verification import Findings, moved
from spot_drain.watching import Watched, watch_bodies

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_SOON_S = 5
# An older hook is asked whether it still waits before anything is drained for it.
_BELIEVED_S = 60
_REMEMBER_S = 180
_MAX_REMEMBERED = 20_000
_ENTRIES_PER_MESSAGE = 500
_REASON = "Its instance is about to end: stopped in order by the ECS Ops Toolkit."


@dataclass(slots=True)
class Round:
    """What one look brings: tasks to take out, that ECS has moved, to stop; what to look at again."""

    leaving: list[Task] = field(default_factory=list)
    moved: list[Task] = field(default_factory=list)
    stops: list[tuple[str, Task]] = field(default_factory=list)
    planned: list[tuple[Watched, float | None]] = field(default_factory=list)
    due: list[tuple[Watched, float]] = field(default_factory=list)

    def add(self, watched: Watched, tasks: Sequence[Task], now: float) -> None:
        """Add what the plan for an instance says."""
        todo = plan(
            (task.occupant for task in tasks),
            ends_at=watched.ends_at or now,
            began_at=watched.began_at,
            left=frozenset(watched.left),
            crowd=watched.crowd,
            now=now,
        )
        if todo.has_ended:
            return
        by_arn = {task.one.task_arn: task for task in tasks}
        over = [
            task
            for arn, task in by_arn.items()
            if task.was_moved(watched.began_at) and arn not in watched.left
        ]
        self.leaving += [by_arn[arn] for arn in todo.leave]
        self.moved += over
        self.stops += [(watched.cluster_arn, by_arn[arn]) for arn in todo.stop]
        left = {*watched.left, *todo.leave, *(task.one.task_arn for task in over)}
        again = msgspec.structs.replace(watched, left=tuple(sorted(left)))
        self.planned.append((again, now + _SOON_S if todo.stop else todo.next_at))

    def next_looks(self, failed: set[str], now: float) -> list[tuple[Watched, float]]:
        """What to look at again, and when; soon, where a task was not taken out after all."""
        looks = list(self.due)
        for watched, at in self.planned:
            still = failed.intersection(watched.left)
            if still:
                left = tuple(each for each in watched.left if each not in still)
                soon = min(now + _SOON_S, now + _SOON_S if at is None else at)
                looks.append((msgspec.structs.replace(watched, left=left), soon))
            elif at is not None:
                looks.append((watched, at))
        return looks


@dataclass(slots=True)
class InstanceWorker:
    """Lives as long as the function's process; ``record`` and ``verify_later`` are the batch's."""

    aws: Aws
    instances: Instances
    holding: Holding
    sqs: SQSClient
    queue_url: str
    record: Callable[[Findings, float], set[str]]
    verify_later: Callable[[Sequence[TaskCheck], int], None]
    rebalance: str = "off"
    begun: dict[tuple[str, ...], float] = field(default_factory=dict)

    def begin(self, notices: Iterable[Notice], now: float) -> set[str]:
        """Drain the instances of new notices and watch them; the messages to be tried again."""
        fresh = {key: each for key, each in merge(notices).items() if self._is_fresh(*each, now)}
        if not fresh:
            return set()
        failed: dict[str, CallFailed] = {}
        for key, (notice, _) in list(fresh.items()):
            if notice.hook and now - notice.at > _BELIEVED_S and self.aws.stack_mode == "on":
                try:
                    if not self.holding.still_waits(notice):
                        del fresh[key]
                except CallFailed as error:
                    failed[notice.instance_id] = error
        asked = {notice.instance_id for notice, _ in fresh.values()} - failed.keys()
        search = find(self.instances, asked) if asked else Search()
        failed |= search.failed
        by_id = {found.instance_id: found for found in search.found}
        if self.aws.stack_mode == "on":
            going = [n for n, _ in fresh.values() if n.instance_id not in failed]
            failed |= self._begin(going, by_id, search.unknown, now)
        else:
            for found in search.found:
                logger.info("would drain instance", cluster=found.cluster_arn, instance=found.arn)
            count("InstancesWouldDrain", len(search.found))
        done = {key: now for key, (n, _) in fresh.items() if n.instance_id not in failed}
        if len(self.begun) > _MAX_REMEMBERED:
            self.begun.clear()
        self.begun |= done
        return {id_ for n, ids in fresh.values() if n.instance_id in failed for id_ in ids}

    def look(
        self,
        watched: Sequence[Watched],
        now: float,
        *,
        is_first: bool = False,
        retried: bool = False,
    ) -> None:
        """Do what is due on these instances, and schedule the next look at each."""
        if self.aws.stack_mode != "on":  # since they were drained; whoever says so means now
            count("SwitchedOff", len(watched))
            self.holding.drop([w for w in watched if w.hook], now)
            return
        occupants = occupants_of(watched, self.aws, self.instances, retried=retried, now=now)
        if is_first:
            watched = _in_a_crowd(watched, occupants)
        this = Round()
        for each in watched:
            if each.key in occupants.failed:
                reason = str(occupants.failed[each.key])
                logger.error("instance not looked at", instance=each.instance_id, reason=reason)
                if each.ends_at is not None and now < each.ends_at:
                    this.due.append((each, now + _SOON_S))
            elif each.ends_at is not None:
                this.add(each, occupants.tasks[each.key], now)
        due = this.next_looks(self._take_out(this, now), now)
        held = [w for w in watched if w.hook]
        due += self.holding.look(held, occupants, now)
        this.stops += self.holding.to_stop(held, occupants, now)
        for delay, body in watch_bodies(due, now):
            send_later(self.sqs, self.queue_url, [body], delay)
        if is_first:
            ending = [w.key for w in watched if w.ends_at is not None]
            self._leave_registries([t for key in ending for t in occupants.tasks.get(key, ())])
        self._stop(this.stops, now)

    def _begin(
        self,
        notices: Sequence[Notice],
        by_id: Mapping[str, Found],
        unknown: set[str],
        now: float,
    ) -> dict[str, CallFailed]:
        early = [
            by_id[n.instance_id] for n in notices if n.kind == "rebalance" if n.instance_id in by_id
        ]
        if early:
            count("RebalanceRecommendations", len(early))
        going = [n for n in notices if n.kind != "rebalance"]
        asked = {n.instance_id: by_id[n.instance_id] for n in going if n.instance_id in by_id}
        chosen, failed = self._early(early)
        drained = drain(self.instances, [*asked.values(), *chosen])
        failed |= drained.failed
        found = {each.instance_id: each for each in drained.instances}
        # Of no cluster, or gone from the one where it was: nothing on it has to be waited for.
        gone = unknown | (asked.keys() - found.keys() - failed.keys() - drained.refused)
        watched = [self.holding.of_no_cluster(n) for n in going if n.hook and n.instance_id in gone]
        with_hooks = any(notice.kind == "hook" for notice in going)
        listed = self.instances.tasks_on(list(found.values()), with_stopping=with_hooks)
        for notice in going:
            if (instance := found.get(notice.instance_id)) is None:
                continue
            tasks = listed.get(instance.arn, [])
            if isinstance(tasks, CallFailed):
                logger.error("tasks not listed", instance=instance.arn, reason=str(tasks))
                failed[notice.instance_id] = tasks
            else:
                watched.append(self._watched(notice, instance, tasks))
        if watched:
            self.look(watched, now, is_first=True)
        self.holding.taken.note({w.instance_id: w.ends_at for w in watched if w.ends_at})
        return failed

    def _early(self, early: Sequence[Found]) -> tuple[list[Found], dict[str, CallFailed]]:
        if self.rebalance != "drain" or not early:
            return [], {}
        try:
            return self.instances.worth_draining(early), {}
        except CallFailed as error:
            logger.error("room not known", reason=str(error))
            return [], {each.instance_id: error for each in early}

    def _watched(self, notice: Notice, found: Found, tasks: Sequence[str]) -> Watched:
        return Watched(
            notice.instance_id,
            found.arn,
            found.cluster_arn,
            notice.at,
            notice.ends_at,
            self.holding.hook_of(notice),
            tuple(tasks),
            found.zone,
            found.provider,
            found.size,
        )

    def _take_out(self, this: Round, now: float) -> set[str]:
        """Targets of what still runs; the second look and the report follow as for any other task.

        The tasks with which that failed, of which there may be groups that no second look knows.
        """
        failed: set[str] = set()
        pairs = _pairs(this.leaving)
        over: list[tuple[Interruption, Service]] = []
        if pairs:
            outcome = Pass()
            leave_groups(pairs, self.aws, outcome, now)
            note_refusals(pairs, self.aws, outcome)
            # Stopped in order while our own calls took their time: no one was too late for these.
            over, outcome.missed = outcome.missed, []
            gone = {one.task_arn for one, _ in over}
            outcome.done = outcome.succeeded(pair for pair in pairs if pair[0].task_arn not in gone)
            tell_pass(outcome, now + self.aws.time_since(now))
            self.verify_later(outcome.checks, 1)
            failed = {one.task_arn for one in outcome.failed}
        if by_ecs := [*_pairs(this.moved), *over]:
            self.record(moved(_check(*pair) for pair in by_ecs), now)
        return failed

    def _leave_registries(self, tasks: Iterable[Task]) -> None:
        """The looks at the instances are scheduled by now: what fails is tried again by itself."""
        outcome = Pass()
        running = [task for task in tasks if not task.occupant.has_stopped]
        leave_registries(_pairs(running), self.aws, outcome)
        tell_unlisted(outcome)
        again = [
            e for e, error in outcome.unlisted.items() if not isinstance(error, RegistryRefused)
        ]
        bodies = [
            encode(Leave(tuple((e.registry_arn, e.instance_id) for e in part)))
            for part in chunks(again, _ENTRIES_PER_MESSAGE)
        ]
        send_later(self.sqs, self.queue_url, bodies, _SOON_S)

    def leave_again(self, leave: Leave) -> None:
        """Raises what still fails: the message is then tried again."""
        failed = self.aws.leave_registries(Entry(*each) for each in leave.entries)
        for error in failed.values():
            if not isinstance(error, HeldBack | RegistryRefused):
                raise error

    def _stop(self, stops: Sequence[tuple[str, Task]], now: float) -> None:
        if not stops:
            return
        asked = [(cluster, task.one.task_arn) for cluster, task in stops]
        failed = self.instances.stop(asked, _REASON)
        count("TasksStopped", len(asked) - len(failed))
        denied: dict[str, tuple[Service, str]] = {}
        for _, task in stops:
            error = failed.get(task.one.task_arn)
            if error is None:
                continue
            logger.error("task not stopped", task=task.one.task_arn, reason=str(error))
            if "AccessDenied" in error.code and task.service:
                denied[task.service.arn] = (task.service, str(error))
        if denied:
            try:
                self.holding.incidents.stops_denied(denied.values(), now)
            except CALL_ERRORS as problem:
                # The next look, which is scheduled, tries to stop them again and tells it then.
                logger.error("refusal not told", reason=str(problem))

    def _is_fresh(self, notice: Notice, ids: Sequence[str], now: float) -> bool:
        del ids
        if now - self.begun.get(notice.key, -1e12) <= _REMEMBER_S:
            return False
        # An instance that was stopped and came back has the same id: a late copy must not drain it.
        if notice.ends_at is not None and now >= notice.ends_at:
            count("StaleEvents")
            return False
        if self.aws.stack_mode == "off":
            count("SwitchedOff")
            return False
        if notice.ends_at is not None:
            left = notice.ends_at - now
            observability.measure("InstanceSecondsLeft", MetricUnit.Seconds, left)
        return True


def _in_a_crowd(watched: Sequence[Watched], occupants: Occupants) -> list[Watched]:
    """Each with how many tasks have to be stopped at the same time elsewhere."""
    stops = {
        each.key: sum(task.occupant.may_be_stopped for task in occupants.tasks.get(each.key, ()))
        for each in watched
        if each.ends_at is not None
    }
    total = sum(stops.values())
    return [
        msgspec.structs.replace(each, crowd=total - stops[each.key]) if each.key in stops else each
        for each in watched
    ]


def _pairs(tasks: Iterable[Task]) -> list[tuple[Interruption, Service]]:
    return [(t.one, t.service) for t in tasks if t.service and t.service.mode != "off"]


def _check(one: Interruption, service: Service) -> TaskCheck:
    return TaskCheck(
        one.task_arn,
        service.arn,
        one.cluster_arn,
        one.at,
        one.seen_at,
        service.mode != "on",
        (),
        service.notes,
        service.route,
        one.place,
    )
