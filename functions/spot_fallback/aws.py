"""What a look reads and what it comes to: services by tag, their descriptions, and their covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops import tags
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import run_all
from ecsops.services import Described, Place, describe, tagged_services
from spot_fallback.plan import Action, Create, Delete

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_GONE = frozenset({"ServiceNotFoundException", "ServiceNotActiveException"})
_EXISTS = "not idempotent"


@dataclass(frozen=True, slots=True)
class Found:
    """The services that want a cover, and the services that are one, by their tags."""

    primaries: tuple[str, ...]
    shadows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aws:
    """The gateway. ``tagging`` gives the client of the Resource Groups Tagging API."""

    ecs: ECSClient
    tagging: Callable[[], Any] = field(repr=False)

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

    def count_tasks(self, services: Sequence[Place]) -> list[int | Exception]:
        """How many tasks of each service are meant to run: interrupted ones are not."""
        return run_all([lambda c=c, n=n: self._count(c, n) for c, n in services])  # type: ignore[misc]

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

    def _count(self, cluster: str, service: str) -> int:
        try:
            pages = self.ecs.get_paginator("list_tasks").paginate(
                cluster=cluster, serviceName=service, desiredStatus="RUNNING"
            )
            return sum(len(page["taskArns"]) for page in pages)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("ListTasks", error) from error
