"""What a look reads and what it comes to: services by tag, their descriptions, and their covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops import tags
from ecsops.clients import client
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import chunks, run_all
from ecsops.services import Described, Place, describe, tagged_services
from spot_fallback.model import Counted
from spot_fallback.plan import Action, Create, Delete

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_GONE = frozenset({"ServiceNotFoundException", "ServiceNotActiveException"})
_EXISTS = "not idempotent"
_TASKS_PER_CALL = 100
# With managed scaling a task for which there is no instance waits in PROVISIONING, up to half an hour.
STUCK_S = 180.0
_NOT_ANSWERING = frozenset({"initial", "unhealthy"})
_NO_GROUP = "TargetGroupNotFound"
_CHECKED = frozenset({"HEALTHY", "UNHEALTHY"})


@dataclass(frozen=True, slots=True)
class Found:
    """The services that want a cover, and the services that are one, by their tags."""

    primaries: tuple[str, ...]
    shadows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aws:
    """The gateway. ``tagging`` and ``elbv2`` give the clients that few looks need."""

    ecs: ECSClient
    tagging: Callable[[], Any] = field(repr=False)
    elbv2: Callable[[], Any] = field(default=lambda: client("elbv2"), repr=False)

    def discover(self) -> Found:
        """Both kinds of services, by tag."""
        resourcegroupstaggingapi = self.tagging()
        keys = (tags.SPOT_FALLBACK.tag, tags.FALLBACK_FOR)
        answers = run_all(
            [lambda key=key: tagged_services(resourcegroupstaggingapi, key) for key in keys]  # type: ignore[misc]
        )
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        primaries, shadows = answers
        return Found(tuple(primaries), tuple(shadows))  # type: ignore[arg-type]

    def describe(
        self, places: Iterable[Place]
    ) -> tuple[dict[Place, Described], dict[Place, CallFailed]]:
        """Services by (cluster, name), and those of which the call failed."""
        return describe(self.ecs, places)

    def count_tasks(
        self, services: Sequence[tuple[Place, bool]], now: float
    ) -> list[Counted | Exception]:
        """The tasks of each service that are meant to run: interrupted ones are not.

        With it stands whether it runs on instances: which of its tasks wait for one is asked then.
        """
        return run_all([lambda p=p, i=i: self._count(p, now, on_instances=i) for p, i in services])  # type: ignore[misc]

    def unhealthy(self, groups: Sequence[str]) -> int:
        """Targets that do not answer, or do not yet, in the group with most of them."""
        states = [self._health(group) for group in groups]
        return max((sum(each in _NOT_ANSWERING for each in group) for group in states), default=0)

    def ailing(self, cluster: str, service: str, shadow: str) -> int:
        """Tasks of a service whose containers are not healthy, as their health checks say.

        ``UNKNOWN`` is said of tasks without a check and of those whose first check is still to come: the
        cover has the same task definition and runs for long, so its tasks tell which of both it is.
        """
        own, cover = (self._healths(cluster, each) for each in (service, shadow))
        checked = _CHECKED.intersection([*own, *cover])
        return sum(each != "HEALTHY" for each in own) if checked else 0

    def perform(self, action: Action) -> None:
        """One call. What was there, or gone, already is as good as done: the next look compares."""
        operation = type(action).__name__ + "Service"
        try:
            self._call(action)
        except ClientError as error:
            found = error.response["Error"]
            if found["Code"] in _GONE or _EXISTS in found.get("Message", ""):
                return
            raise call_failed(operation, error) from error
        except BotoCoreError as error:
            raise call_failed(operation, error) from error

    def _call(self, action: Action) -> None:
        match action:
            case Create(cluster, desired, parameters):
                self.ecs.create_service(cluster=cluster, desiredCount=desired, **parameters)
            case Delete(cluster, name):
                self.ecs.delete_service(cluster=cluster, service=name, force=True)
            case _:
                count: Any = {} if action.desired is None else {"desiredCount": action.desired}
                self.ecs.update_service(
                    cluster=action.cluster, service=action.name, **count, **action.changes
                )

    def _count(self, place: Place, now: float, *, on_instances: bool) -> Counted:
        cluster, service = place
        arns = self._listed(cluster, service)
        waiting = [
            task
            for part in chunks(arns if on_instances else (), _TASKS_PER_CALL)
            for task in self._tasks(cluster, part)
            if _waits(task, now)
        ]
        return Counted(len(arns), len(waiting))

    def _listed(self, cluster: str, service: str) -> list[str]:
        try:
            pages = self.ecs.get_paginator("list_tasks").paginate(
                cluster=cluster, serviceName=service, desiredStatus="RUNNING"
            )
            return [arn for page in pages for arn in page["taskArns"]]
        except (ClientError, BotoCoreError) as error:
            raise call_failed("ListTasks", error) from error

    def _healths(self, cluster: str, service: str) -> list[str]:
        """The health of the tasks that run."""
        tasks = [
            task
            for part in chunks(self._listed(cluster, service), _TASKS_PER_CALL)
            for task in self._tasks(cluster, part)
        ]
        return [str(t.get("healthStatus", "")) for t in tasks if t.get("lastStatus") == "RUNNING"]

    def _tasks(self, cluster: str, arns: Sequence[str]) -> Sequence[Any]:
        try:
            return self.ecs.describe_tasks(cluster=cluster, tasks=list(arns))["tasks"]
        except (ClientError, BotoCoreError) as error:
            raise call_failed("DescribeTasks", error) from error

    def _health(self, group: str) -> list[str]:
        try:
            elbv2 = self.elbv2()
            answer = elbv2.describe_target_health(TargetGroupArn=group)
        except (ClientError, BotoCoreError) as error:
            failure = call_failed("DescribeTargetHealth", error)
            if failure.code == _NO_GROUP:
                return []
            raise failure from error
        return [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]]


def _waits(task: Mapping[str, Any], now: float) -> bool:
    """Whether it has no instance, and has had none for minutes; what starts slowly or fails has one."""
    if task.get("lastStatus") != "PROVISIONING" or task.get("containerInstanceArn"):
        return False
    return now - float(task["createdAt"].timestamp()) >= STUCK_S
