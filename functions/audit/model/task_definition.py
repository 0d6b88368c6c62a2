"""Task definitions and their containers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from audit.model import ports
from audit.model.dependencies import Dependency, Way, longest_way
from audit.model.health import HealthCheck
from audit.model.node import Node, Unknown
from audit.model.ports import Ports
from audit.model.resource import Resource
from audit.model.size import cpu_units, mebibytes

if TYPE_CHECKING:
    from audit.model.service import Service

# Developer guide, "Task definition parameters": the default of the agent and of Fargate.
DEFAULT_STOP_TIMEOUT_S = 30
_PREPARES = re.compile(r"(?:^|[-_])(?:init|migrat\w*|setup|bootstrap|seed|prepare)(?:[-_]|$)")


class TaskDefinition(Resource):
    """What DescribeTaskDefinition answers under ``taskDefinition``, with its ``tags``."""

    kind = "task definition"
    named_by = ("taskDefinitionArn", "family")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Also ``family:revision``."""
        fields = self.value if isinstance(self.value, dict) else {}
        family, revision = fields.get("family"), fields.get("revision")
        if isinstance(family, str) and isinstance(revision, int):
            return (*super().names, f"{family}:{revision}")
        return super().names

    @cached_property
    def label(self) -> str:
        """``family:revision``, or what is known of it."""
        family = self["family"].value
        revision = self["revision"].value
        if not isinstance(family, str) or not family:
            return super().label
        return f"{family}:{revision}" if isinstance(revision, int) else family

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers; UNKNOWN if they are no list."""
        return tuple(Container(item, self) for item in self["containerDefinitions"].items())

    def container(self, name: str) -> Container | None:
        """The container of that name; the first, if somebody gave it twice."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Container]:
        return {each.name: each for each in reversed(self.containers)}

    @cached_property
    def log_users(self) -> tuple[Container, ...]:
        """The containers that write to the log router."""
        return tuple(each for each in self.containers if each.log_driver == "awsfirelens")

    @cached_property
    def checks_health(self) -> bool:
        """Has any container a health check?"""
        return any(each.health_check for each in self.containers)

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The containers that another one waits for until they have exited, as for init containers."""
        exits = ("COMPLETE", "SUCCESS")
        return frozenset(edge.on for edge in self.dependencies if edge.condition in exits)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services of the graph that run it."""
        return self.graph.services_of(self)

    @cached_property
    def compatibilities(self) -> frozenset[str]:
        """``requiresCompatibilities``; without it, what the services that run it say."""
        required = self["requiresCompatibilities"].texts()
        if required:
            return frozenset(text.upper() for text in required)
        return frozenset(platform for each in self.services for platform in each.strategy.platforms)

    @cached_property
    def fargate(self) -> bool:
        """Must it be fit for Fargate, as ``["EC2", "FARGATE"]`` must?"""
        return "FARGATE" in self.compatibilities

    @property
    def ec2(self) -> bool:
        """Does it run on instances of the user's own? What says nothing is registered for EC2."""
        return "EC2" in self.compatibilities or not self.compatibilities

    @cached_property
    def windows(self) -> bool:
        """Windows containers?"""
        family = self["runtimePlatform"]["operatingSystemFamily"].text() or "LINUX"
        return family.upper().startswith("WINDOWS")

    @cached_property
    def network_mode(self) -> str:
        """The mode in force: awsvpc on Fargate, whatever VAL-01 says of the field; else bridge unless given.

        Source: API reference, RegisterTaskDefinition "networkMode".
        """
        given = self["networkMode"].text()
        if given == "awsvpc" or self._for_fargate:
            return "awsvpc"
        return given or ("awsvpc" if self.fargate else "bridge")

    @property
    def _for_fargate(self) -> bool:
        return any(each.upper() == "FARGATE" for each in self["requiresCompatibilities"].texts())

    @property
    def one_namespace(self) -> bool:
        """Do all containers share one network namespace, and so their ports and localhost?"""
        return self.fargate or self.network_mode in ("awsvpc", "host")

    @property
    def external(self) -> bool:
        """Does it run on servers outside of AWS?"""
        return "EXTERNAL" in self.compatibilities

    @property
    def cpu(self) -> int | None:
        """CPU units of the whole task."""
        return cpu_units(self["cpu"])

    @property
    def memory(self) -> int | None:
        """MiB of the whole task."""
        return mebibytes(self["memory"])

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Every dependsOn entry of every container."""
        return tuple(each for container in self.containers for each in container.dependencies)

    def stop_way(self) -> Way:
        """The longest chain of stopping containers: each may take its whole stopTimeout.

        Those that another one waited for until they had exited are gone by then.
        """
        running = {
            each.name: each.stop_timeout
            for each in self.containers
            if each.name not in self.awaited
        }
        return longest_way(self.dependencies, running)


class Container(Node):
    """One element of ``containerDefinitions``; its paths begin at the task definition."""

    __slots__ = ("task_definition",)

    def __init__(self, node: Node, task_definition: TaskDefinition) -> None:
        """A container always knows its task definition."""
        super().__init__(node.value, node.path)
        self.task_definition = task_definition

    @property
    def resource(self) -> TaskDefinition:
        """The resource that findings are about."""
        return self.task_definition

    @property
    def name(self) -> str:
        """The name; UNKNOWN if there is none that can be read."""
        name = self["name"].text()
        if name is None:
            raise Unknown(f"{self} has no name", self.path)
        return name

    @property
    def label(self) -> str:
        """The name in messages, whatever it is."""
        name = self["name"].value
        return name if isinstance(name, str) and name else f"container {self.path[-1]}"

    @property
    def essential(self) -> bool:
        """True unless given (API reference, ContainerDefinition "essential")."""
        return self["essential"].flag() is not False

    @property
    def prepares(self) -> bool:
        """Does its name say that it runs before the others and exits?"""
        return _PREPARES.search(self.name.lower()) is not None

    @property
    def stop_timeout(self) -> int:
        """Seconds between SIGTERM and SIGKILL."""
        seconds = self["stopTimeout"].whole()
        return DEFAULT_STOP_TIMEOUT_S if seconds is None else seconds

    @property
    def image(self) -> str:
        """The image; empty if none is given."""
        return self["image"].text() or ""

    def told(self, fields: Iterable[str]) -> tuple[object, ...]:
        """What stands in these fields, to compare it with another container; nothing and empty are equal."""
        return tuple(self[field].value or None for field in fields)

    @property
    def ports(self) -> tuple[Ports, ...]:
        """Its port mappings."""
        return tuple(ports.of(self["portMappings"]))

    @property
    def health_check(self) -> HealthCheck | None:
        """Its health check; the HEALTHCHECK of the image does not count, the agent ignores it."""
        node = self["healthCheck"]
        return HealthCheck.of(node) if node["command"].given else None

    @property
    def log_driver(self) -> str | None:
        """The log driver; None leaves it to the Docker daemon of the instance."""
        return self["logConfiguration"]["logDriver"].text()

    @property
    def log_options(self) -> Node:
        """The options of the log driver."""
        return self["logConfiguration"]["options"]

    @property
    def log_router(self) -> bool:
        """Is it the task's FireLens log router?"""
        return self["firelensConfiguration"].given

    @property
    def environment(self) -> dict[str, Node]:
        """Environment variables: name -> the node of the value."""
        return {
            name: item["value"]
            for item in self["environment"].items()
            if (name := item["name"].text()) is not None
        }

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Its dependsOn entries."""
        return tuple(
            Dependency(self.name, on, (item["condition"].text() or "").upper(), item)
            for item in self["dependsOn"].items()
            if (on := item["containerName"].text()) is not None
        )
