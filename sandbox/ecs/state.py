"""Everything the account has in ECS, found by name or ARN in the caller's account and Region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.caller import Request
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Cluster, Shape, Task, TaskDefinition
    from sandbox.ecs.service_model import Service


class State:
    """Keyed by ARN throughout, so that Regions do not see each other."""

    def __init__(self) -> None:
        """An empty account."""
        self.clusters: dict[str, Cluster] = {}
        self.task_definitions: dict[str, TaskDefinition] = {}
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, dict[str, Task]] = {}  # by cluster
        self.instances: dict[str, ContainerInstance] = {}
        self.providers: dict[str, Shape] = {}  # capacity providers of Auto Scaling groups

    def instances_of(self, cluster_arn: str) -> list[ContainerInstance]:
        """Tell the container instances of a cluster."""
        return [each for each in self.instances.values() if each.cluster_arn == cluster_arn]

    def cluster_arn(self, request: Request, name_or_arn: str | None = None) -> str:
        """Complete a cluster's name; without one, ``default`` is meant."""
        name = name_or_arn or request.params.get("cluster") or "default"
        return name if name.startswith("arn:") else request.arn("ecs", f"cluster/{name}")

    def cluster(self, request: Request) -> Cluster:
        """Find the ACTIVE cluster that a request names."""
        cluster = self.clusters.get(self.cluster_arn(request))
        if cluster is None or cluster.status != "ACTIVE":
            raise ApiError("ClusterNotFoundException", "Cluster not found.")
        return cluster

    def service_arn(self, cluster: Cluster, request: Request, name_or_arn: str) -> str:
        """Complete a service's name."""
        if name_or_arn.startswith("arn:"):
            return name_or_arn
        return request.arn("ecs", f"service/{cluster.name}/{name_or_arn}")

    def service(self, request: Request, name_or_arn: str) -> Service:
        """Find a service of the request's cluster, whatever its status."""
        cluster = self.cluster(request)
        service = self.services.get(self.service_arn(cluster, request, name_or_arn))
        if service is None or service.cluster_arn != cluster.arn:
            raise ApiError("ServiceNotFoundException", "Service not found.")
        return service

    def active_service(self, request: Request) -> Service:
        """Find the service that a request is about to change."""
        service = self.service(request, request.params["service"])
        if service.status != "ACTIVE":
            raise ApiError("ServiceNotActiveException", "Service was not ACTIVE.")
        return service

    def task_arn(self, cluster: Cluster, request: Request, id_or_arn: str) -> str:
        """Complete a task's id."""
        if id_or_arn.startswith("arn:"):
            return id_or_arn
        return request.arn("ecs", f"task/{cluster.name}/{id_or_arn}")

    def tasks_of(self, cluster: Cluster) -> dict[str, Task]:
        """Tell the tasks of a cluster, recently stopped ones included."""
        return self.tasks.setdefault(cluster.arn, {})

    def task_definition(self, request: Request, name_or_arn: str) -> TaskDefinition | None:
        """Find ``family:revision``, or the latest ACTIVE revision of ``family``."""
        arn = name_or_arn
        if not arn.startswith("arn:"):
            arn = request.arn("ecs", f"task-definition/{name_or_arn}")
        if arn in self.task_definitions:
            return self.task_definitions[arn]
        revisions = [each for each in self.revisions(arn + ":") if each.active]
        return max(revisions, key=lambda each: each.revision, default=None)

    def revisions(self, prefix: str) -> list[TaskDefinition]:
        """Tell the revisions whose ARN is ``prefix`` and a number."""
        return [
            each
            for arn, each in self.task_definitions.items()
            if arn.startswith(prefix) and arn.removeprefix(prefix).isdigit()
        ]

    def usable_task_definition(self, request: Request, name_or_arn: str) -> TaskDefinition:
        """Find a task definition to start tasks from."""
        definition = self.task_definition(request, name_or_arn)
        if definition is None:
            raise ApiError("ClientException", "TaskDefinition not found.")
        if not definition.active:
            raise ApiError("ClientException", "TaskDefinition is inactive")
        return definition
