"""Clusters, services, and the task definitions that run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from audit.collect.reads import Document, Found, Reads, each, found
from audit.model.service import Cluster, Service
from audit.model.surroundings import AccountSetting, CapacityProvider
from audit.model.task_definition import TaskDefinition
from ecsops.parallel import chunks

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

# API reference: DescribeServices takes 10 services, DescribeClusters 100 clusters, ListServices lists 100.
_SERVICES, _CLUSTERS, _LISTED = 10, 100, 100


class EcsReader:
    """Reads ECS."""

    def __init__(self, ecs: ECSClient, reads: Reads) -> None:
        """Ask this client."""
        self.ecs = ecs
        self._reads = reads

    def cluster_arns(self) -> list[str]:
        """Every cluster; raises ``Unread``: without it there is nothing to audit."""
        pages = self.ecs.get_paginator("list_clusters").paginate()
        return self._reads.pages("ecs:ListClusters", pages, "clusterArns")

    def clusters(self, names: Sequence[str]) -> Found:
        """The clusters of these names or ARNs."""
        return each(Cluster, [partial(self._clusters, part) for part in chunks(names, _CLUSTERS)])

    def _clusters(self, names: Sequence[str]) -> Iterable[Document]:
        answer = self._reads.one(
            "ecs:DescribeClusters",
            lambda: self.ecs.describe_clusters(
                clusters=list(names), include=["SETTINGS", "CONFIGURATIONS", "TAGS"]
            ),
        )
        return [one for one in answer["clusters"] if one.get("status") != "INACTIVE"]

    def service_arns(self, cluster: str) -> list[str]:
        """Every service of a cluster; raises ``Unread``."""
        pages = self.ecs.get_paginator("list_services").paginate(
            cluster=cluster, PaginationConfig={"PageSize": _LISTED}
        )
        return self._reads.pages("ecs:ListServices", pages, "serviceArns")

    def services(self, wanted: Sequence[tuple[str, str]]) -> Found:
        """The services, by cluster and name or ARN."""
        of_cluster: dict[str, list[str]] = {}
        for cluster, service in dict.fromkeys(wanted):
            of_cluster.setdefault(cluster, []).append(service)
        calls = [
            partial(self._services, cluster, part)
            for cluster, names in of_cluster.items()
            for part in chunks(names, _SERVICES)
        ]
        return each(Service, calls)

    def _services(self, cluster: str, names: Sequence[str]) -> Iterable[Document]:
        answer = self._reads.one(
            "ecs:DescribeServices",
            lambda: self.ecs.describe_services(
                cluster=cluster, services=list(names), include=["TAGS"]
            ),
        )
        # A deleted service can still be described for a while.
        return [one for one in answer["services"] if one.get("status") != "INACTIVE"]

    def task_definitions(self, names: Iterable[str]) -> Found:
        """The task definitions, each read once, however many services run it."""
        calls = [partial(self._task_definition, name) for name in dict.fromkeys(names)]
        return each(TaskDefinition, calls)

    def _task_definition(self, name: str) -> Iterable[Document]:
        answer: Any = self._reads.one(
            "ecs:DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"]),
        )
        return [{**answer["taskDefinition"], "tags": answer.get("tags", [])}]

    def capacity_providers(self) -> Found:
        """Every capacity provider: a few, however many clusters there are."""
        return found(CapacityProvider, self._capacity_providers)

    def _capacity_providers(self) -> list[Document]:
        providers: list[Document] = []
        token: dict[str, str] = {}
        while True:
            answer: Any = self._reads.one(
                "ecs:DescribeCapacityProviders",
                lambda token=token: self.ecs.describe_capacity_providers(include=["TAGS"], **token),  # type: ignore[misc]
            )
            providers += answer["capacityProviders"]
            if not answer.get("nextToken"):
                return providers
            token = {"nextToken": answer["nextToken"]}

    def settings(self) -> Found:
        """The account settings in force."""
        pages = self.ecs.get_paginator("list_account_settings").paginate(effectiveSettings=True)
        return found(
            AccountSetting, lambda: self._reads.pages("ecs:ListAccountSettings", pages, "settings")
        )
