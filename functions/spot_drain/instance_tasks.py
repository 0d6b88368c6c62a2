"""The tasks on container instances: which there are, what they are, and stopping them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsops.errors import CallFailed, refusals
from ecsops.parallel import chunks, run_all
from spot_drain.answers import called, pages, raised
from spot_drain.instances import by_cluster
from spot_drain.plan import DEFAULT_STOP_TIMEOUT_S
from spot_drain.whereabouts import Found

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_PER_DESCRIBE = 100
# From here on listing a whole cluster takes fewer calls than listing each of its instances.
_LIST_CLUSTER_FROM = 10
_GONE = frozenset(
    {"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"}
)
_MAX_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class InstanceTasks:
    """The gateway. ``timeouts`` are the stop timeouts of task definitions, which never change."""

    ecs: ECSClient
    timeouts: dict[str, int] = field(default_factory=dict)

    def tasks_on(
        self, instances: Sequence[Found], *, with_stopping: bool
    ) -> dict[str, list[str] | CallFailed]:
        """The ARNs of the tasks on each instance; with those that are meant to stop, or without."""
        wishes = ("RUNNING", "STOPPED") if with_stopping else ("RUNNING",)
        outcome: dict[str, list[str] | CallFailed] = {}
        singles: list[Found] = []
        for cluster, same in by_cluster(instances).items():
            if len(same) >= _LIST_CLUSTER_FROM:
                outcome |= self._sorted_tasks(cluster, same, wishes)
            else:
                singles += same
        answers = run_all([lambda one=one: self._list_on(one, wishes) for one in singles])  # type: ignore[misc]
        for one, answer in zip(singles, answers, strict=True):
            outcome[one.arn] = answer if isinstance(answer, CallFailed) else raised(answer)
        return outcome

    def describe(
        self, arns_by_cluster: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, Any] | CallFailed]:
        """Tasks with their tags by the last part of their ARN; one that is forgotten is left out."""
        asked = [
            (cluster, part)
            for cluster, arns in arns_by_cluster.items()
            for part in chunks(arns, _PER_DESCRIBE)
        ]
        answers = run_all([lambda c=c, p=p: self._describe(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[str, dict[str, Any] | CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                found |= dict.fromkeys((task_id(arn) for arn in part), answer)
            else:
                found |= {task_id(arn): task for arn, task in raised(answer).items()}
        return found

    def stop_timeouts(self, definitions: Iterable[str]) -> Mapping[str, int]:
        """The longest stop timeout of each task definition; the default where it cannot be read."""
        if len(self.timeouts) > _MAX_REMEMBERED:
            self.timeouts.clear()
        new = sorted(set(definitions) - self.timeouts.keys())
        answers = run_all([lambda arn=arn: self._timeout(arn) for arn in new])  # type: ignore[misc]
        for arn, answer in zip(new, answers, strict=True):
            if not isinstance(answer, CallFailed):
                self.timeouts[arn] = raised(answer)
        return self.timeouts

    def tasks_of(self, cluster: str, service: str) -> list[dict[str, Any]]:
        """Tasks of a service that are meant to run, with their tags: a hundred stand for all."""
        arns = self._list(cluster=cluster, serviceName=service, desiredStatus="RUNNING")
        described = self.describe({cluster: arns[:_PER_DESCRIBE]}) if arns else {}
        for task in described.values():
            if isinstance(task, CallFailed):
                raise task
        return [task for task in described.values() if not isinstance(task, CallFailed)]

    def stop(self, tasks: Sequence[tuple[str, str]], reason: str) -> dict[str, CallFailed]:
        """StopTask for each (cluster, task); those with which that failed."""
        answers = run_all([lambda c=c, t=t: self._stop(c, t, reason) for c, t in tasks])  # type: ignore[misc]
        failed: dict[str, CallFailed] = {}
        for (_, task_arn), answer in zip(tasks, answers, strict=True):
            if isinstance(answer, CallFailed):
                failed[task_arn] = answer
            elif isinstance(answer, Exception):
                raise answer
        return failed

    def _sorted_tasks(
        self, cluster: str, instances: Sequence[Found], wishes: Sequence[str]
    ) -> dict[str, list[str] | CallFailed]:
        wanted: dict[str, list[str] | CallFailed] = {found.arn: [] for found in instances}
        try:
            arns = [
                arn for wish in wishes for arn in self._list(cluster=cluster, desiredStatus=wish)
            ]
        except CallFailed as error:
            return dict.fromkeys(wanted, error)
        for task in self.describe({cluster: arns}).values():
            if isinstance(task, CallFailed):
                return dict.fromkeys(wanted, task)
            there = wanted.get(task.get("containerInstanceArn", ""))
            if isinstance(there, list):
                there.append(task["taskArn"])
        return wanted

    def _list_on(self, found: Found, wishes: Sequence[str]) -> list[str]:
        cluster, arn = found.cluster_arn, found.arn
        return [
            task
            for wish in wishes
            for task in self._list(cluster=cluster, containerInstance=arn, desiredStatus=wish)
        ]

    def _list(self, **filters: Any) -> list[str]:
        try:
            return pages(
                lambda **page: self.ecs.list_tasks(**page),  # noqa: PLW0108  read by build_tools/needs.py
                "ListTasks",
                "taskArns",
                **filters,
            )
        except CallFailed as error:
            if error.code in _GONE:
                return []
            raise

    def _describe(
        self, cluster: str, arns: Sequence[str]
    ) -> dict[str, dict[str, Any] | CallFailed]:
        operation = "DescribeTasks"
        try:
            answer = called(
                operation,
                lambda: self.ecs.describe_tasks(
                    cluster=cluster, tasks=list(arns), include=["TAGS"]
                ),
            )
        except CallFailed as error:
            # ECS deletes no cluster in which anything is left: whatever was there stopped long ago.
            if error.code in _GONE:
                return {}
            raise
        # Whoever takes a task that ECS cannot describe for a stopped one lets its instance go too early.
        return {t["taskArn"]: t for t in answer["tasks"]} | refusals(operation, answer)

    def _timeout(self, definition: str) -> int:
        answer = called(
            "DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(taskDefinition=definition),
        )
        containers = answer["taskDefinition"]["containerDefinitions"]
        # Without one the agent's own setting counts, which nobody else can read.
        return max(int(each.get("stopTimeout", DEFAULT_STOP_TIMEOUT_S)) for each in containers)

    def _stop(self, cluster: str, task_arn: str, reason: str) -> None:
        called(
            "StopTask",
            lambda: self.ecs.stop_task(cluster=cluster, task=task_arn, reason=reason),
        )


def task_id(arn: str) -> str:
    """The last part of a task's ARN; the same in its long and its short form."""
    return arn.rpartition("/")[2]
