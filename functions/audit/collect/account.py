"""An account, or a part of it -> the graph that the rules look at.

Four waves, each of calls side by side: what exists, what is in it, what that names, what that names again.
A read that fails leaves its kind incomplete, so that the rules which need it answer UNKNOWN and say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from audit.collect.balancing import BalancingReader
from audit.collect.ecs import EcsReader
from audit.collect.pace import Pace
from audit.collect.queues import QueueReader
from audit.collect.reads import Document, Found, Reads
from audit.collect.roles import RoleReader
from audit.collect.scaling import ScalingReader
from audit.collect.scope import Scope
from audit.collect.surroundings import SurroundingsReader
from audit.collect.utilisation import UtilisationReader
from audit.model.graph import Graph, Item
from audit.model.queue import queue_names
from audit.model.resource import Resource, short_name
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from ecsops.arns import parse_arn
from ecsops.parallel import run_all
from ecsops.tags import from_ecs


@dataclass(frozen=True, slots=True)
class Collected:
    """The graph, how many calls it took, and what could not be read."""

    graph: Graph
    calls: int
    unread: tuple[str, ...]


class Collector:
    """Reads accounts through botocore clients."""

    def __init__(self, client: Callable[[str], Any], pace: Pace | None = None) -> None:
        """``client`` gives the client of a service by its name."""
        self._client = client
        self._pace = pace or Pace()

    def collect(self, scope: Scope, now: float) -> Collected:
        """Read what is in scope.

        Raises ``Unread`` if not even its services can be listed, or if what an event is about could not be
        read and may be read another time: without it there would be nothing to audit, and nobody would know.
        """
        reads = Reads(self._pace)
        found = list(_Collection(self._client, reads).waves(scope, now))
        for each in found:
            named = scope.exact and each.kind in (Service, TaskDefinition)
            if named and each.failure is not None and each.failure.passing:
                raise each.failure
        graph = graph_of(found, whole=scope.whole)
        unread = tuple(sorted({each.unread for each in found if each.unread}))
        return Collected(graph, reads.calls, unread)


class _Collection:
    def __init__(self, client: Callable[[str], Any], reads: Reads) -> None:
        self._ecs = EcsReader(client("ecs"), reads)
        self._balancing = BalancingReader(client("elbv2"), reads)
        self._scaling = ScalingReader(
            client("application-autoscaling"), client("cloudwatch"), reads
        )
        self._roles = RoleReader(client("iam"), reads)
        self._around = SurroundingsReader(client("ec2"), client("logs"), client("events"), reads)
        self._queues = QueueReader(client("sqs"), reads)
        self._utilisation = UtilisationReader(client("cloudwatch"), reads)

    def waves(self, scope: Scope, now: float) -> Iterator[Found]:
        clusters = self._wanted_clusters(scope)
        around, services = _both(
            lambda: _all(
                lambda: self._ecs.clusters(clusters),
                self._ecs.capacity_providers,
                self._ecs.settings,
                self._around.rules,
            ),
            lambda: self._ecs.services(self._wanted_services(scope, clusters)),
        )
        yield from around
        third = _all(
            lambda: self._ecs.task_definitions(
                (*_definitions(services.documents), *scope.task_definitions)
            ),
            lambda: self._balancing.target_groups(_target_groups(services.documents)),
            lambda: self._scaling.targets(_scaled(services.documents)),
            lambda: self._scaling.policies(_scaled(services.documents)),
            lambda: self._around.security_groups(_network(services.documents, "securityGroups")),
            lambda: self._around.subnets(_network(services.documents, "subnets")),
            lambda: self._queues.queues(_queues(services.documents)),
        )
        definitions, groups, targets, policies, security, subnets, queues = third
        yield from (services, definitions, targets, policies, security, subnets, queues)
        measured, balancing, rest = _three(
            lambda: self._measured(scope, services, groups, now),
            lambda: self._balancing.load_balancers(_balancers(groups.documents)),
            lambda: _all(
                lambda: self._scaling.alarms(policies.documents),
                lambda: self._roles.roles(_roles(definitions.documents)),
                lambda: self._around.log_groups(_log_groups(definitions.documents)),
                lambda: self._around.endpoints(_unique(one["VpcId"] for one in subnets.documents)),
            ),
        )
        yield from (*measured, *balancing, *rest)

    def _measured(
        self, scope: Scope, services: Found, groups: Found, now: float
    ) -> Sequence[Found]:
        """The target groups with what was observed of them, and the utilisation of services."""
        if scope.exact:  # a change is judged by what it says, not by the past
            return [groups]
        found, slowest = self._utilisation.measured(services.documents, groups.documents, now)
        observed = tuple(
            {**group, "Observed": {"TargetResponseTimeP99": slowest[group["TargetGroupArn"]]}}
            if group["TargetGroupArn"] in slowest
            else group
            for group in groups.documents
        )
        return [replace(groups, documents=observed), found]

    def _wanted_clusters(self, scope: Scope) -> list[str]:
        if scope.exact:
            return _unique(cluster for cluster, _ in scope.named)
        return [arn for arn in self._ecs.cluster_arns() if scope.has_cluster(arn)]

    def _wanted_services(self, scope: Scope, clusters: Sequence[str]) -> list[tuple[str, str]]:
        if scope.exact:
            return list(scope.named)
        listed = _all(*(partial(self._ecs.service_arns, cluster) for cluster in clusters))
        return [
            (cluster, arn)
            for cluster, arns in zip(clusters, listed, strict=True)
            for arn in arns
            if scope.has_service(arn)
        ]


def graph_of(found: Iterable[Found], *, whole: bool) -> Graph:
    """The graph of what was read. Services are all there only if the whole account was read."""
    items: list[Item] = []
    complete: set[type[Resource]] = set()
    unread: dict[type[Resource], str] = {}
    for each in found:
        items += [Item(each.kind, document) for document in each.documents]
        complete.add(each.kind)
        if each.unread:
            unread[each.kind] = each.unread
    # Of task definitions, only those in use are ever read.
    complete -= {TaskDefinition, *unread, *([] if whole else [Service])}
    return Graph(items, frozenset(complete), unread)


def _all[T](*calls: Callable[[], T]) -> list[T]:
    return [_answered(answer) for answer in run_all(calls)]


def _both[A, B](first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    answers: list[Any] = _all(first, second)
    return answers[0], answers[1]


def _three[A, B, C](
    first: Callable[[], A], second: Callable[[], B], third: Callable[[], C]
) -> tuple[A, B, C]:
    answers: list[Any] = _all(first, second, third)
    return answers[0], answers[1], answers[2]


def _answered[T](answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _definitions(services: Iterable[Document]) -> Iterator[str]:
    """Of services, of the deployments in progress, and of task sets (facts: one service, many revisions)."""
    for service in services:
        running = (service, *service.get("deployments", ()), *service.get("taskSets", ()))
        yield from (one["taskDefinition"] for one in running if one.get("taskDefinition"))


def _target_groups(services: Iterable[Document]) -> set[str]:
    return {
        arn
        for service in services
        for owner in (service, *service.get("taskSets", ()))
        for entry in owner.get("loadBalancers", ())
        for arn in (
            entry.get("targetGroupArn"),
            entry.get("advancedConfiguration", {}).get("alternateTargetGroupArn"),
        )
        if arn
    }


def _scaled(services: Iterable[Document]) -> list[str]:
    return [
        f"service/{short_name(service['clusterArn'])}/{service['serviceName']}"
        for service in services
    ]


def _network(services: Iterable[Document], field: str) -> list[str]:
    return _unique(
        name
        for service in services
        for name in service.get("networkConfiguration", {})
        .get("awsvpcConfiguration", {})
        .get(field, ())
    )


def _queues(services: Iterable[Document]) -> Iterator[tuple[str, str]]:
    named = {
        (parse_arn(service["serviceArn"]).account, name)
        for service in services
        for name in queue_names(from_ecs(service.get("tags")))
    }
    yield from sorted(named)


def _balancers(groups: Iterable[Document]) -> set[str]:
    return {arn for group in groups for arn in group.get("LoadBalancerArns", ())}


def _roles(definitions: Iterable[Document]) -> list[str]:
    # RegisterTaskDefinition also takes a role's name.
    return _unique(
        definition[field]
        for definition in definitions
        for field in ("taskRoleArn", "executionRoleArn")
        if definition.get(field)
    )


def _log_groups(definitions: Iterable[Document]) -> list[str]:
    return _unique(
        name
        for definition in definitions
        for container in definition.get("containerDefinitions", ())
        for name in [container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")]
        if name
    )
