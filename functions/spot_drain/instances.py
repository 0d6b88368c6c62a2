"""Container instances: which cluster an EC2 instance is in, draining it, and the tasks on it.

Where an instance is registered is remembered in the table, which container instance events keep up to
date: a warning then costs no search through the clusters. A memory that proves wrong is no harm: ECS
answers that it does not know the instance there, and all clusters are searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops.errors import CallFailed, call_failed, refusals
from ecsops.parallel import chunks, run_all
from spot_drain.plan import DEFAULT_STOP_TIMEOUT_S

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient

_PER_UPDATE = 10
_PER_DESCRIBE = 100
_PER_FILTER = 50
# From here on listing a whole cluster takes fewer calls than listing each of its instances.
_LIST_CLUSTER_FROM = 10
_KEEP_S = 7 * 86_400
_NO_LONGER_THERE = frozenset({"MISSING", "INACTIVE"})
_GONE = frozenset(
    {"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"}
)
_MAX_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """An EC2 instance as a container instance. ``size`` is its type."""

    instance_id: str
    arn: str
    cluster_arn: str
    zone: str = ""
    provider: str = ""
    size: str = ""
    version: int = 0


@dataclass(slots=True)
class Search:
    """What was found; the instances that no cluster knows; those of which that is not certain."""

    found: list[Found] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    failed: dict[str, CallFailed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instances:
    """The gateway. ``timeouts`` are the stop timeouts of task definitions, which never change."""

    ecs: ECSClient
    dynamodb: DynamoDBClient
    table: str
    timeouts: dict[str, int] = field(default_factory=dict)

    def remembered(self, ids: Sequence[str]) -> list[Found]:
        """What the table remembers of these instances."""
        items: list[Any] = []
        for part in chunks(sorted(set(ids)), _PER_DESCRIBE):
            keys: Sequence[Any] = [{"pk": {"S": f"instance#{each}"}} for each in part]
            while keys:
                answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys}})
                items += answer["Responses"].get(self.table, ())
                left = answer.get("UnprocessedKeys", {}).get(self.table)
                keys = left["Keys"] if left else ()
        return [_from_item(item) for item in items]

    def remember(self, found: Found, now: float) -> None:
        """Remember where an instance is registered, unless something newer is known."""
        item = {
            "pk": {"S": f"instance#{found.instance_id}"},
            "expires_at": {"N": str(int(now) + _KEEP_S)},
            "version": {"N": str(found.version)},
            **{
                name: {"S": value}
                for name in ("arn", "cluster_arn", "zone", "provider", "size")
                if (value := getattr(found, name))
            },
        }
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR arn <> :arn OR version <= :version",
                ExpressionAttributeValues={
                    ":arn": {"S": found.arn},
                    ":version": {"N": str(found.version)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def search(self, ids: Iterable[str]) -> Search:
        """Ask every cluster of the account and Region, side by side, for many instances at a time."""
        wanted = sorted(set(ids))
        result = Search()
        if not wanted:
            return result
        try:
            clusters = self._pages(
                lambda **page: self.ecs.list_clusters(**page),  # noqa: PLW0108  read by build_tools/needs.py
                "ListClusters",
                "clusterArns",
            )
        except CallFailed as error:
            result.failed = dict.fromkeys(wanted, error)
            return result
        asked = [(cluster, part) for cluster in clusters for part in chunks(wanted, _PER_FILTER)]
        answers = run_all([lambda c=c, p=p: self._in_cluster(c, p) for c, p in asked])  # type: ignore[misc]
        uncertain: dict[str, CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                uncertain |= dict.fromkeys(part, answer)
            else:
                result.found += _raised(answer)
        known = {found.instance_id for found in result.found}
        result.failed = {each: error for each, error in uncertain.items() if each not in known}
        result.unknown = set(wanted) - known - result.failed.keys()
        return result

    def drain(self, instances: Sequence[Found]) -> dict[str, CallFailed | None]:
        """Set to DRAINING, ten at a time; by ARN: None if it is, else why not.

        A refusal by IAM concerns the whole call: then each is tried alone, so that one instance
        whose owner wants it left alone does not keep nine others from being drained.
        """
        asked = [
            part for same in _by_cluster(instances).values() for part in chunks(same, _PER_UPDATE)
        ]
        answers = run_all([lambda part=part: self._drain(part) for part in asked])  # type: ignore[misc]
        outcome: dict[str, CallFailed | None] = {}
        alone: list[Found] = []
        for part, answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                if "AccessDenied" in answer.code and len(part) > 1:
                    alone += part
                else:
                    outcome |= dict.fromkeys((found.arn for found in part), answer)
            else:
                outcome |= _raised(answer)
        singles = run_all([lambda one=one: self._drain([one]) for one in alone])  # type: ignore[misc]
        for found, answer in zip(alone, singles, strict=True):
            if isinstance(answer, CallFailed):
                outcome[found.arn] = answer
            else:
                outcome |= _raised(answer)
        return outcome

    def tasks_on(
        self, instances: Sequence[Found], *, with_stopping: bool
    ) -> dict[str, list[str] | CallFailed]:
        """The ARNs of the tasks on each instance; with those that are meant to stop, or without."""
        wishes = ("RUNNING", "STOPPED") if with_stopping else ("RUNNING",)
        outcome: dict[str, list[str] | CallFailed] = {}
        singles: list[Found] = []
        for cluster, same in _by_cluster(instances).items():
            if len(same) >= _LIST_CLUSTER_FROM:
                outcome |= self._sorted_tasks(cluster, same, wishes)
            else:
                singles += same
        answers = run_all([lambda one=one: self._list_on(one, wishes) for one in singles])  # type: ignore[misc]
        for one, answer in zip(singles, answers, strict=True):
            outcome[one.arn] = answer if isinstance(answer, CallFailed) else _raised(answer)
        return outcome

    def describe(
        self, by_cluster: Mapping[str, Sequence[str]]
    ) -> dict[str, dict[str, Any] | CallFailed]:
        """Tasks with their tags by the last part of their ARN; one that is forgotten is left out."""
        asked = [
            (cluster, part)
            for cluster, arns in by_cluster.items()
            for part in chunks(arns, _PER_DESCRIBE)
        ]
        answers = run_all([lambda c=c, p=p: self._describe(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[str, dict[str, Any] | CallFailed] = {}
        for (_, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                found |= dict.fromkeys((task_id(arn) for arn in part), answer)
            else:
                found |= {task_id(arn): task for arn, task in _raised(answer).items()}
        return found

    def stop_timeouts(self, definitions: Iterable[str]) -> Mapping[str, int]:
        """The longest stop timeout of each task definition; the default where it cannot be read."""
        if len(self.timeouts) > _MAX_REMEMBERED:
            self.timeouts.clear()
        new = sorted(set(definitions) - self.timeouts.keys())
        answers = run_all([lambda arn=arn: self._timeout(arn) for arn in new])  # type: ignore[misc]
        for arn, answer in zip(new, answers, strict=True):
            if not isinstance(answer, CallFailed):
                self.timeouts[arn] = _raised(answer)
        return self.timeouts

    def worth_draining(self, candidates: Sequence[Found]) -> list[Found]:
        """Those whose tasks have room elsewhere, a few of each cluster."""
        from spot_drain.rebalance import worth_draining

        chosen: list[Found] = []
        for cluster, same in _by_cluster(candidates).items():
            arns = self._pages(
                lambda **page: self.ecs.list_container_instances(**page),  # noqa: PLW0108  read by build_tools/needs.py
                "ListContainerInstances",
                "containerInstanceArns",
                cluster=cluster,
            )
            shapes = [
                s for part in chunks(arns, _PER_DESCRIBE) for s in self._shapes(cluster, part)
            ]
            worth = worth_draining([found.arn for found in same], shapes)
            chosen += [found for found in same if found.arn in worth]
        return chosen

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

    def _in_cluster(self, cluster: str, ids: Sequence[str]) -> list[Found]:
        quoted = ",".join(f"'{each}'" for each in ids)
        arns = self._pages(
            lambda **page: self.ecs.list_container_instances(**page),  # noqa: PLW0108  read by build_tools/needs.py
            "ListContainerInstances",
            "containerInstanceArns",
            cluster=cluster,
            filter=f"ec2InstanceId in [{quoted}]",
        )
        return [
            found_in(cluster, shape)
            for part in chunks(arns, _PER_DESCRIBE)
            for shape in self._shapes(cluster, part)
        ]

    def _shapes(self, cluster: str, arns: Sequence[str]) -> list[Any]:
        answer = _call(
            "DescribeContainerInstances",
            lambda: self.ecs.describe_container_instances(
                cluster=cluster, containerInstances=list(arns)
            ),
        )
        shapes: list[Any] = answer["containerInstances"]
        return shapes

    def _drain(self, part: Sequence[Found]) -> dict[str, CallFailed | None]:
        operation = "UpdateContainerInstancesState"
        answer = _call(
            operation,
            lambda: self.ecs.update_container_instances_state(
                cluster=part[0].cluster_arn,
                containerInstances=[found.arn for found in part],
                status="DRAINING",
            ),
        )
        reasons = {each.get("arn", ""): each.get("reason", "") for each in answer["failures"]}
        return {
            found.arn: CallFailed(operation, reasons[found.arn], found.arn)
            if found.arn in reasons
            else None
            for found in part
        }

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
            return self._pages(
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
            answer = _call(
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
        answer = _call(
            "DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(taskDefinition=definition),
        )
        containers = answer["taskDefinition"]["containerDefinitions"]
        # Without one the agent's own setting counts, which nobody else can read.
        return max(int(each.get("stopTimeout", DEFAULT_STOP_TIMEOUT_S)) for each in containers)

    def _stop(self, cluster: str, task_arn: str, reason: str) -> None:
        _call(
            "StopTask",
            lambda: self.ecs.stop_task(cluster=cluster, task=task_arn, reason=reason),
        )

    @staticmethod
    def _pages(list_page: Callable[..., Any], operation: str, name: str, **asked: Any) -> list[str]:
        items: list[str] = []
        token: str | None = None
        while True:
            more = {"nextToken": token} if token else {}
            answer = _call(operation, lambda more=more: list_page(**asked, **more))  # type: ignore[misc]
            items += answer[name]
            token = answer.get("nextToken")
            if not token:
                return items


def found_in(cluster_arn: str, shape: Mapping[str, Any]) -> Found:
    """A container instance as ECS describes it, in its API or in an event."""
    attributes = {each["name"]: each.get("value", "") for each in shape.get("attributes") or ()}
    return Found(
        shape["ec2InstanceId"],
        shape["containerInstanceArn"],
        cluster_arn,
        attributes.get("ecs.availability-zone", ""),
        shape.get("capacityProviderName") or "",
        attributes.get("ecs.instance-type", ""),
        int(shape.get("version") or 0),
    )


def no_longer_there(problem: CallFailed | None) -> bool:
    """Whether ECS says that the instance is not, or not any more, registered there."""
    return problem is not None and problem.code in _NO_LONGER_THERE


def task_id(arn: str) -> str:
    """The last part of a task's ARN; the same in its long and its short form."""
    return arn.rpartition("/")[2]


def _by_cluster(instances: Iterable[Found]) -> dict[str, list[Found]]:
    same: dict[str, list[Found]] = {}
    for found in instances:
        same.setdefault(found.cluster_arn, []).append(found)
    return same


def _from_item(item: Mapping[str, Any]) -> Found:
    texts = {
        name: item.get(name, {}).get("S", "")
        for name in ("arn", "cluster_arn", "zone", "provider", "size")
    }
    return Found(item["pk"]["S"].removeprefix("instance#"), **texts)


def _call(operation: str, perform: Callable[[], Any]) -> Any:
    try:
        return perform()
    except (ClientError, BotoCoreError) as error:
        raise call_failed(operation, error) from error


def _raised[T](answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
