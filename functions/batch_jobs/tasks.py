"""Tasks: what ECS knows of them, and how they are stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import ClusterGone, call_failed
from ecsops.parallel import chunks

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_DESCRIBED_AT_ONCE = 100
_NO_CLUSTER = "ClusterNotFoundException"
# What StopTask says of a task that is not there any more, or whose cluster is not.
_GONE = frozenset({"InvalidParameterException", _NO_CLUSTER})


def stop_task(ecs: ECSClient, cluster: str, task: str, reason: str) -> None:
    """Ask for a task's end; one that is gone already is fine."""
    try:
        ecs.stop_task(cluster=cluster, task=task, reason=reason)
    except (ClientError, BotoCoreError) as error:
        failed = call_failed("StopTask", error)
        if failed.code not in _GONE:
            raise failed from error


@dataclass(frozen=True, slots=True)
class TaskReader:
    """What ECS knows of tasks."""

    ecs: ECSClient

    def describe(self, cluster: str, tasks: Sequence[str]) -> tuple[list[Any], set[str]]:
        """The tasks, and the ARNs of those that ECS does not know (any more); or ``ClusterGone``."""
        found: list[Any] = []
        missing: set[str] = set()
        for part in chunks(list(tasks), _DESCRIBED_AT_ONCE):
            try:
                answer = self.ecs.describe_tasks(cluster=cluster, tasks=list(part))
            except (ClientError, BotoCoreError) as error:
                failed = call_failed("DescribeTasks", error)
                if failed.code == _NO_CLUSTER:
                    raise ClusterGone(failed.operation, failed.code, cluster) from error
                raise failed from error
            found += answer["tasks"]
            missing |= {
                str(one.get("arn"))
                for one in answer.get("failures", ())
                if one.get("reason") == "MISSING"
            }
        return found, missing

    def started_by(self, cluster: str, name: str) -> list[str]:
        """Tasks by who started them, running and stopped: no other filter may stand beside it."""
        return [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in self._list(cluster=cluster, startedBy=name, desiredStatus=status)
        ]

    def of_family(self, cluster: str, family: str) -> list[str]:
        """Tasks of a family that are meant to run."""
        return list(self._list(cluster=cluster, family=family, desiredStatus="RUNNING"))

    def _list(self, **filters: Any) -> Iterator[str]:
        try:
            for page in self.ecs.get_paginator("list_tasks").paginate(**filters):
                yield from page["taskArns"]
        except (ClientError, BotoCoreError) as error:
            failed = call_failed("ListTasks", error)
            # A cluster that was deleted has no tasks.
            if failed.code != _NO_CLUSTER:
                raise failed from error
