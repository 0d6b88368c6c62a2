"""What AWS retires: people are told the date, and what may be is stopped in order before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecsops import alerts
from ecsops.errors import CallFailed
from ecsops.observability import count, logger
from spot_drain.aws import Aws
from spot_drain.endings import Endings
from spot_drain.finding import drain, find
from spot_drain.instance_tasks import InstanceTasks, task_id
from spot_drain.instances import Instances
from spot_drain.planned import Planned
from spot_drain.retirement import (
    TOO_LATE_S,
    Retirement,
    is_opted_in,
    left_to_people,
    planned,
)
from spot_drain.retirement_alerts import retirement_alert

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_REASON = "AWS is about to retire this task: stopped in order by the ECS Ops Toolkit."


@dataclass(frozen=True, slots=True)
class Retiring:
    """Lives as long as the function's process."""

    aws: Aws
    events: EventBridgeClient
    instances: Instances
    tasks: InstanceTasks
    planned: Planned
    endings: Endings

    def announce(self, retirement: Retirement, now: float) -> None:
        """Tell people the date; remember what is to be stopped by then."""
        if retirement.instances:
            retirement = self._with_tasks(retirement)
            if not retirement.instances:
                return  # of no cluster: nothing of ours
        described = self._described(retirement.tasks)
        mode = self.aws.stack_mode
        concerned = (*retirement.instances, *retirement.tasks)
        self.planned.replace(concerned, planned(retirement, described))
        own = left_to_people(retirement, described, mode)
        left = self.endings.retirement_told(retirement, own, now)
        told = retirement_alert(retirement, described, left, now, mode)
        alerts.publish(self.events, [told])
        count("TaskRetirements")

    def _with_tasks(self, retirement: Retirement) -> Retirement:
        """Those instances that are container instances, and what runs on them now."""
        search = find(self.instances, set(retirement.instances))
        listed = self.tasks.tasks_on(search.found, with_stopping=False)
        for problem in (*search.failed.values(), *listed.values()):
            if isinstance(problem, CallFailed):
                raise problem
        tasks = {
            arn for arns in listed.values() if not isinstance(arns, CallFailed) for arn in arns
        }
        return replace(
            retirement,
            instances=tuple(sorted(found.instance_id for found in search.found)),
            tasks=tuple(sorted(tasks)),
        )

    def _described(self, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
        described = {}
        for arn, task in self.asked(arns).items():
            if isinstance(task, CallFailed):
                raise task
            described[arn] = task
        return described

    def asked(self, arns: Sequence[str]) -> dict[str, dict[str, Any] | CallFailed]:
        """Tasks by ARN, as they are now; one that ECS has forgotten is left out."""
        by_cluster: dict[str, list[str]] = {}
        for arn in arns:
            prefix, _, rest = arn.partition(":task/")
            by_cluster.setdefault(f"{prefix}:cluster/{rest.partition('/')[0]}", []).append(arn)
        found = self.tasks.describe(by_cluster)
        return {arn: task for arn in arns if (task := found.get(task_id(arn))) is not None}

    def stop_due(self, now: float) -> None:
        """Stop and drain what is planned for now; what fails is tried again by the next tick."""
        due = self.planned.due(now)
        if not due or self.aws.stack_mode != "on":
            return
        asked = self.asked([each for _, each in due if each.startswith("arn:")])
        failed = self._drained({each for _, each in due if each.startswith("i-")})
        failed |= {arn: task for arn, task in asked.items() if isinstance(task, CallFailed)}
        running = [
            (str(task["clusterArn"]), arn)
            for arn, task in asked.items()
            if not isinstance(task, CallFailed)
            and is_opted_in(task)
            and task.get("desiredStatus") == "RUNNING"
        ]
        refused = self.tasks.stop(running, _REASON)
        failed |= refused
        for arn, error in failed.items():
            logger.error("task not stopped", task=arn, reason=str(error))
        count("TasksStopped", len(running) - len(refused))
        self.planned.remove(
            [(at, arn) for at, arn in due if arn not in failed or now - at > TOO_LATE_S]
        )

    def _drained(self, ids: set[str]) -> dict[str, CallFailed]:
        """Set instances that AWS is about to retire to DRAINING; those with which that failed."""
        if not ids:
            return {}
        search = find(self.instances, ids)
        return search.failed | drain(self.instances, search.found).failed
