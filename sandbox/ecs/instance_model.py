"""A container instance: an EC2 instance whose agent has registered it in a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.ecs.model import Shape, Tags, Task, TaskDefinition

# Docker gives out the host's ephemeral ports; the agent shows which.
EPHEMERAL_PORTS = range(32_768, 61_000)


@dataclass(frozen=True, slots=True)
class Size:
    """What a task takes of an instance."""

    cpu: int
    memory: int

    @staticmethod
    def of(definition: TaskDefinition) -> Size:
        """The task's own size, else the sum of its containers'."""
        shape = definition.shape
        containers = shape["containerDefinitions"]
        return Size(
            int(shape.get("cpu") or sum(each.get("cpu", 0) for each in containers)),
            int(shape.get("memory") or sum(_reserved(each) for each in containers)),
        )


@dataclass(slots=True, eq=False)
class ContainerInstance:
    """``tasks`` holds capacity and ports until they are STOPPED."""

    arn: str
    cluster_arn: str
    ec2_instance_id: str
    cpu: int
    memory: int
    attributes: dict[str, str]
    tags: Tags
    registered_at: float
    capacity_provider: str | None = None
    status: Literal["ACTIVE", "DRAINING", "INACTIVE"] = "ACTIVE"
    agent_connected: bool = True
    version: int = 1
    tasks: dict[str, Task] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[1]

    @property
    def availability_zone(self) -> str:
        """Where the instance is."""
        return self.attributes["ecs.availability-zone"]

    @property
    def schedulable(self) -> bool:
        """Whether new tasks may be placed on it."""
        return self.status == "ACTIVE" and self.agent_connected

    def remaining(self) -> Size:
        """What is left for further tasks."""
        taken = [Size.of(task.template.definition) for task in self.tasks.values()]
        return Size(
            self.cpu - sum(each.cpu for each in taken),
            self.memory - sum(each.memory for each in taken),
        )

    def lacks(self, definition: TaskDefinition) -> str | None:
        """What keeps another task from being placed, as the reason of the placement failure."""
        wanted, left = Size.of(definition), self.remaining()
        if wanted.cpu > left.cpu:
            return "RESOURCE:CPU"
        if wanted.memory > left.memory:
            return "RESOURCE:MEMORY"
        promised = [fixed_ports(task.template.definition) for task in self.tasks.values()]
        if self.ports.union(*promised) & fixed_ports(definition):
            return "RESOURCE:PORTS"
        return None

    def bind(self, task: Task) -> dict[tuple[str, int], int]:
        """Take the host ports of a task: the fixed ones, and the lowest free ones for the others."""
        bound: dict[tuple[str, int], int] = {}
        host = task.template.network_mode == "host"
        for container in task.containers:
            for mapping in container.definition["portMappings"]:
                wanted = mapping["containerPort"] if host else mapping["hostPort"]
                free = wanted or next(p for p in EPHEMERAL_PORTS if p not in self.ports)
                self.ports.add(free)
                bound[container.definition["name"], mapping["containerPort"]] = free
        return bound

    def release(self, task: Task) -> None:
        """A STOPPED task takes nothing any more."""
        self.tasks.pop(task.arn, None)
        self.ports -= set(task.host_ports.values())


def fixed_ports(definition: TaskDefinition) -> set[int]:
    """The host ports that a task of this definition cannot do without."""
    mode = definition.shape.get("networkMode", "bridge")
    if mode == "awsvpc":
        return set()
    return {
        port
        for container in definition.shape["containerDefinitions"]
        for mapping in container["portMappings"]
        if (port := mapping["containerPort"] if mode == "host" else mapping["hostPort"])
    }


def _reserved(container: Shape) -> int:
    return int(container.get("memoryReservation") or container.get("memory") or 0)
