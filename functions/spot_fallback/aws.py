"""What a look reads and what it comes to: services by tag, their descriptions, and their covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops import tags
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import chunks, run_all
from spot_fallback.plan import Action, Create, Delete

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_SERVICES_PER_CALL, _ARNS_PER_PAGE = 10, 100
_GONE = frozenset({"ServiceNotFoundException", "ServiceNotActiveException"})
_EXISTS = "not idempotent"

Described = dict[str, Any]


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
        answers = run_all([lambda: self._tagged("ecs-ops:spot-fallback"), self._shadows])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        primaries, shadows = answers
        return Found(tuple(primaries), tuple(shadows))  # type: ignore[arg-type]

    def describe(
        self, wanted: Mapping[str, Iterable[str]]
    ) -> tuple[dict[tuple[str, str], Described], set[tuple[str, str]]]:
        """Services by (cluster, name), and those of which the call failed; ten a call, side by side."""
        asked = [
            (cluster, part)
            for cluster, names in sorted(wanted.items())
            for part in chunks(sorted(set(names)), _SERVICES_PER_CALL)
        ]
        answers = run_all([lambda c=c, p=p: self._describe(c, p) for c, p in asked])  # type: ignore[misc]
        found: dict[tuple[str, str], Described] = {}
        failed: set[tuple[str, str]] = set()
        for (cluster, part), answer in zip(asked, answers, strict=True):
            if isinstance(answer, CallFailed):
                failed |= {(cluster, name) for name in part}
            elif isinstance(answer, Exception):
                raise answer
            else:
                found |= {(cluster, each["serviceName"]): each for each in answer}
        return found, failed

    def count_tasks(self, services: Sequence[tuple[str, str]]) -> list[int | Exception]:
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

    def _tagged(self, key: str) -> list[str]:
        resourcegroupstaggingapi = self.tagging()
        found: list[str] = []
        try:
            for page in resourcegroupstaggingapi.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": key}],
                ResourceTypeFilters=["ecs:service"],
                ResourcesPerPage=_ARNS_PER_PAGE,
            ):
                found += [each["ResourceARN"] for each in page["ResourceTagMappingList"]]
        except (ClientError, BotoCoreError) as error:
            raise call_failed("GetResources", error) from error
        # Services of before 2018 have ARNs without a cluster, and cannot be tagged.
        return sorted(arn for arn in found if parse_arn(arn).cluster)

    def _shadows(self) -> list[str]:
        return self._tagged(tags.FALLBACK_FOR)

    def _describe(self, cluster: str, names: Sequence[str]) -> list[Described]:
        try:
            answer = self.ecs.describe_services(
                cluster=cluster, services=list(names), include=["TAGS"]
            )
        except (ClientError, BotoCoreError) as error:
            raise call_failed("DescribeServices", error) from error
        return [dict(each) for each in answer["services"]]

    def _count(self, cluster: str, service: str) -> int:
        try:
            pages = self.ecs.get_paginator("list_tasks").paginate(
                cluster=cluster, serviceName=service, desiredStatus="RUNNING"
            )
            return sum(len(page["taskArns"]) for page in pages)
        except (ClientError, BotoCoreError) as error:
            raise call_failed("ListTasks", error) from error
