"""A task and its entries in the Cloud Map services of its service.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sandbox.ecs.model import Shape, Task


class Registry(Protocol):
    """Cloud Map as ECS uses it."""

    def register(self, registry_arn: str, instance_id: str, attributes: dict[str, str]) -> None:
        """Make an instance discoverable."""
        ...

    def deregister(self, registry_arn: str, instance_id: str) -> None:
        """Forget an instance."""
        ...


class Discovery:
    """The instance id is the task's id; there is nothing to register in before ``registry`` is set."""

    def __init__(self) -> None:
        """An account without Cloud Map."""
        self.registry: Registry | None = None

    def register(self, task: Task) -> None:
        """Make the task discoverable in every registry of its service."""
        for entry in task.template.registries:
            if self.registry:
                self.registry.register(entry["registryArn"], task.id, _attributes(task, entry))

    def deregister(self, task: Task) -> None:
        """A task that stops is no longer found; clients' caches keep it for its TTL."""
        for entry in task.template.registries:
            if self.registry:
                self.registry.deregister(entry["registryArn"], task.id)


def _attributes(task: Task, entry: Shape) -> dict[str, str]:
    attributes = {"AVAILABILITY_ZONE": task.availability_zone}
    if task.address:
        attributes["AWS_INSTANCE_IPV4"] = task.address.ipv4
    port = (str(entry.get("containerName")), int(entry.get("containerPort", 0)))
    if port in task.host_ports:
        attributes["AWS_INSTANCE_PORT"] = str(task.host_ports[port])
    return attributes
