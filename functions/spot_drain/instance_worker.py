"""Instances that go away, from the notice to the last task: the shell around the plan.

What happens next if something fails: a notice that cannot be acted on is tried again with its message;
once an instance is watched, every look schedules the next one before it stops anything, so a process
that dies costs seconds, and what was due is still due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsops import observability
from ecsops.errors import CALL_ERRORS, CallFailed
from ecsops.observability import MetricUnit, count, logger
from ecsops.queue import send_later
from spot_drain.aws import Aws
from spot_drain.finding import drain, find
from spot_drain.holding import Holding
from spot_drain.instance_round import SOON_S, Round, in_a_crowd
from spot_drain.instance_tasks import InstanceTasks
from spot_drain.instances import Instances, Search
from spot_drain.leaving import Leaving
from spot_drain.notices import Notice, merge
from spot_drain.occupants import Task, occupants_of
from spot_drain.targets import Service
from spot_drain.watching import Watched, watch_bodies
from spot_drain.whereabouts import Found

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# An older hook is asked whether it still waits before anything is drained for it.
_BELIEVED_S = 60
_REMEMBER_S = 180
_MAX_REMEMBERED = 20_000
_REASON = "Its instance is about to end: stopped in order by the ECS Ops Toolkit."


@dataclass(slots=True)
class InstanceWorker:
    """Lives as long as the function's process."""

    aws: Aws
    instances: Instances
    tasks: InstanceTasks
    holding: Holding
    sqs: SQSClient
    queue_url: str
    leaving: Leaving
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
        occupants = occupants_of(watched, self.aws, self.tasks, retried=retried, now=now)
        if is_first:
            watched = in_a_crowd(watched, occupants)
        this = Round()
        for each in watched:
            if each.key in occupants.failed:
                reason = str(occupants.failed[each.key])
                logger.error("instance not looked at", instance=each.instance_id, reason=reason)
                if each.ends_at is not None and now < each.ends_at:
                    this.due.append((each, now + SOON_S))
            elif each.ends_at is not None:
                this.add(each, occupants.tasks[each.key], now)
        due = this.next_looks(self.leaving.groups(this, now), now)
        held = [w for w in watched if w.hook]
        due += self.holding.look(held, occupants, now)
        this.stops += self.holding.to_stop(held, occupants, now)
        for delay, body in watch_bodies(due, now):
            send_later(self.sqs, self.queue_url, [body], delay)
        if is_first:
            ending = [w.key for w in watched if w.ends_at is not None]
            self.leaving.registries([t for key in ending for t in occupants.tasks.get(key, ())])
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
        # ECS drains by itself where it is told to, and may have been faster: what it moves still runs.
        listed = self.tasks.tasks_on(list(found.values()), with_stopping=True)
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

    def _stop(self, stops: Sequence[tuple[str, Task]], now: float) -> None:
        if not stops:
            return
        asked = [(cluster, task.one.task_arn) for cluster, task in stops]
        failed = self.tasks.stop(asked, _REASON)
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
