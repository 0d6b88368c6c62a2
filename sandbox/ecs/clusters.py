"""The operations on clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.capacity import FARGATE_PROVIDERS
from sandbox.ecs.model import Cluster, Shape
from sandbox.ecs.paging import page
from sandbox.ecs.task_shape import tag_list
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.state import State

SHOWN_AS_GIVEN = ("settings", "configuration", "serviceConnectDefaults")
MAX_DESCRIBED = 100


class Clusters:
    """Creates, shows and deletes clusters."""

    def __init__(self, state: State) -> None:
        """``state`` keeps them."""
        self._state = state
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateCluster": self._create,
            "DescribeClusters": self._describe,
            "ListClusters": self._list,
            "DeleteCluster": self._delete,
            "PutClusterCapacityProviders": self._put_capacity_providers,
        }

    def _create(self, request: Request) -> Shape:
        params = request.params
        name = params.get("clusterName", "default")
        arn = self._state.cluster_arn(request, name)
        existing = self._state.clusters.get(arn)
        if existing is None or existing.status == "INACTIVE":
            existing = Cluster(
                arn=arn,
                name=name,
                settings={each: params[each] for each in SHOWN_AS_GIVEN if each in params},
                capacity_providers=self._known(params.get("capacityProviders", [])),
                default_strategy=params.get("defaultCapacityProviderStrategy", []),
                tags={tag["key"]: tag.get("value", "") for tag in params.get("tags", [])},
            )
            self._state.clusters[arn] = existing
        return {"cluster": self._shape(existing, {"TAGS", "SETTINGS", "CONFIGURATIONS"})}

    def _describe(self, request: Request) -> Shape:
        asked = request.params.get("clusters") or ["default"]
        if len(asked) > MAX_DESCRIBED:
            message = f"Clusters cannot have more than {MAX_DESCRIBED} elements."
            raise ApiError("InvalidParameterException", message)
        include = {*request.params.get("include", [])}
        arns = [self._state.cluster_arn(request, name) for name in asked]
        known = self._state.clusters
        return {
            "clusters": [self._shape(known[arn], include) for arn in arns if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
        }

    def _list(self, request: Request) -> Shape:
        prefix = request.arn("ecs", "cluster/")
        arns = [
            arn
            for arn, cluster in self._state.clusters.items()
            if cluster.status == "ACTIVE" and arn.startswith(prefix)
        ]
        return page(request, "clusterArns", arns, 100)

    def _delete(self, request: Request) -> Shape:
        cluster = self._state.cluster(request)
        if any(
            service.cluster_arn == cluster.arn and service.status == "ACTIVE"
            for service in self._state.services.values()
        ):
            message = "The Cluster cannot be deleted while Services are active."
            raise ApiError("ClusterContainsServicesException", message)
        if any(t.last_status != "STOPPED" for t in self._state.tasks_of(cluster).values()):
            message = "The Cluster cannot be deleted while Tasks are active."
            raise ApiError("ClusterContainsTasksException", message)
        cluster.status = "INACTIVE"
        return {"cluster": self._shape(cluster, set())}

    def _put_capacity_providers(self, request: Request) -> Shape:
        cluster = self._state.cluster(request)
        cluster.capacity_providers = self._known(request.params["capacityProviders"])
        cluster.default_strategy = request.params["defaultCapacityProviderStrategy"]
        return {"cluster": self._shape(cluster, set())}

    def _shape(self, cluster: Cluster, include: set[str]) -> Shape:
        tasks = self._state.tasks_of(cluster).values()
        services = self._state.services.values()
        shape: Shape = {
            "clusterArn": cluster.arn,
            "clusterName": cluster.name,
            "status": cluster.status,
            "registeredContainerInstancesCount": sum(
                each.status in ("ACTIVE", "DRAINING")
                for each in self._state.instances_of(cluster.arn)
            ),
            "runningTasksCount": sum(task.last_status == "RUNNING" for task in tasks),
            "pendingTasksCount": sum(task.pending for task in tasks),
            "activeServicesCount": sum(
                each.cluster_arn == cluster.arn and each.status == "ACTIVE" for each in services
            ),
            "statistics": [],
            "tags": tag_list(cluster.tags) if "TAGS" in include else [],
            "settings": cluster.settings.get("settings", []) if "SETTINGS" in include else [],
            "capacityProviders": cluster.capacity_providers,
            "defaultCapacityProviderStrategy": cluster.default_strategy,
        }
        if "CONFIGURATIONS" in include and "configuration" in cluster.settings:
            shape["configuration"] = cluster.settings["configuration"]
        if "serviceConnectDefaults" in cluster.settings:
            shape["serviceConnectDefaults"] = cluster.settings["serviceConnectDefaults"]
        return shape

    def _known(self, providers: list[str]) -> list[str]:
        for name in providers:
            if name not in (*FARGATE_PROVIDERS, *self._state.providers):
                message = f"The specified capacity provider '{name}' was not found."
                raise ApiError("InvalidParameterException", message)
        return providers
