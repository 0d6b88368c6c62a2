"""Where a new task goes, and what it consists of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.ecs.capacity import FARGATE, FARGATE_PROVIDERS, Capacity, next_provider
from sandbox.ecs.hosts import Hosts
from sandbox.ecs.model import Attachment, Container, Pins, Shape, Tags, Task, Template
from sandbox.ecs.task_shape import ENI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.ecs.apps import Apps
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.network import Network, Subnet
    from sandbox.ecs.startup import Startup
    from sandbox.ecs.state import State


class CapacityUnavailable(Exception):
    """No Availability Zone has room for the task."""

    def __init__(self, provider: str) -> None:
        """Name the capacity provider that has no room."""
        super().__init__(provider)
        self.provider = provider


class LaunchRefused(Exception):
    """ECS cannot even ask for the task: its configuration is wrong."""

    def __init__(self, reason: str) -> None:
        """Keep the reason as ECS words it."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Who starts a task, and beside which others it is placed."""

    cluster_arn: str
    group: str
    started_by: str | None
    service_arn: str | None = None
    tags: Tags = field(default_factory=dict)
    overrides: Shape = field(default_factory=dict)
    pins: Pins = field(default_factory=dict)
    launch_round: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tasks of a deployment are spread so far; placing one counts it in."""

    providers: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of(tasks: Iterable[Task]) -> Spread:
        """Count tasks that are there already."""
        spread = Spread()
        for task in tasks:
            spread.providers[task.capacity_provider or FARGATE] += 1
            spread.zones[task.availability_zone] += 1
        return spread


class Placement:
    """Starts tasks on Fargate and on container instances."""

    def __init__(
        self,
        state: State,
        capacity: Capacity,
        network: Network,
        apps: Apps,
        startup: Startup,
        ids: Ids,
    ) -> None:
        """``startup`` takes over once the task is placed."""
        self._state = state
        self._capacity = capacity
        self._network = network
        self._apps = apps
        self._startup = startup
        self._ids = ids
        self._hosts = Hosts(state)
        self.placed_on: Callable[[ContainerInstance], None] = lambda _instance: None

    def place(self, template: Template, origin: Origin, spread: Spread) -> Task:
        """Start a task, or raise ``CapacityUnavailable``, ``NoInstance`` or ``LaunchRefused``.

        The strategy counts it either way.
        """
        provider = None
        if template.strategy:
            provider = next_provider(list(template.strategy), spread.providers)
        spread.providers[provider or FARGATE] += 1
        if template.launch_type == "EC2" or provider not in (None, *FARGATE_PROVIDERS):
            cluster, zones = origin.cluster_arn, spread.zones
            host = self._hosts.choose(template, provider, cluster, zones)
            spread.zones[host.availability_zone] += 1
            return self._on(host, template, origin, provider)
        subnet = self._subnet(template, provider or FARGATE, origin.cluster_arn, spread)
        spread.zones[subnet.availability_zone] += 1
        place = (subnet.subnet_id, subnet.availability_zone)
        task = self._task(template, origin, provider, place)
        self._capacity.take(task)
        return self._begin(task, origin)

    def place_daemon(self, template: Template, origin: Origin, host: ContainerInstance) -> Task:
        """Start a daemon's task on an instance, or raise ``NoInstance`` or ``LaunchRefused``."""
        self._hosts.check(template, host)
        return self._on(host, template, origin, None)

    def _on(
        self, host: ContainerInstance, template: Template, origin: Origin, provider: str | None
    ) -> Task:
        region = origin.cluster_arn.split(":")[3]
        configuration = template.network.get("awsvpcConfiguration", {})
        subnets = [self._network.subnet(each, region) for each in configuration.get("subnets", [])]
        zone = host.availability_zone
        near = [each.subnet_id for each in subnets if each.availability_zone == zone]
        subnet_id = next(iter([*near, *(each.subnet_id for each in subnets)]), "")
        task = self._task(template, origin, provider, (subnet_id, zone))
        task.instance = host
        host.tasks[task.arn] = task
        self.placed_on(host)
        return self._begin(task, origin)

    def _begin(self, task: Task, origin: Origin) -> Task:
        self._state.tasks.setdefault(origin.cluster_arn, {})[task.arn] = task
        if origin.service_arn:
            self._state.services[origin.service_arn].tasks[task.arn] = task
        self._startup.begin(task)
        return task

    def _subnet(
        self, template: Template, provider: str, cluster_arn: str, spread: Spread
    ) -> Subnet:
        region = cluster_arn.split(":")[3]
        ids = template.network["awsvpcConfiguration"]["subnets"]
        subnets = [self._network.subnet(each, region) for each in ids]
        room = [s for s in subnets if self._capacity.has_room(provider, s.availability_zone)]
        if not room:
            raise CapacityUnavailable(provider)
        return min(room, key=lambda subnet: spread.zones[subnet.availability_zone])

    def _task(
        self, template: Template, origin: Origin, provider: str | None, place: tuple[str, str]
    ) -> Task:
        subnet_id, zone = place
        app = self._apps.of(template.definition)
        if app.launch_failure:
            raise LaunchRefused(app.launch_failure)
        task_id = self._ids.task()
        definitions = template.definition.shape["containerDefinitions"]
        arn = f"{origin.cluster_arn.replace(':cluster/', ':task/')}/{task_id}"
        return Task(
            arn=arn,
            cluster_arn=origin.cluster_arn,
            template=template,
            group=origin.group,
            started_by=origin.started_by,
            capacity_provider=provider,
            availability_zone=zone,
            subnet_id=subnet_id,
            app=app,
            overrides=_overrides(definitions, origin.overrides),
            tags=dict(origin.tags),
            containers=[self._container(arn, each) for each in definitions],
            attachments=self._attachments(template, subnet_id),
            times={"createdAt": self._startup.now()},
            service_arn=origin.service_arn,
            pins=origin.pins,
            launch_round=origin.launch_round,
        )

    def _container(self, task_arn: str, definition: Shape) -> Container:
        return Container(
            arn=f"{task_arn.replace(':task/', ':container/')}/{self._ids.uuid()}",
            definition=definition,
            runtime_id=self._ids.runtime(task_arn.rsplit("/", 1)[1]),
        )

    def _attachments(self, template: Template, subnet_id: str) -> list[Attachment]:
        """The network interface comes last: its place in the list tells nothing on AWS either."""
        attachments = []
        if template.service_connect and template.service_connect.get("enabled"):
            details = {"ContainerName": f"ecs-service-connect-{self._ids.task()[:5]}"}
            uuid = self._ids.uuid()
            attachments.append(Attachment(uuid, "Service Connect", "PRECREATED", details))
        if template.registries:
            attachments.append(Attachment(self._ids.uuid(), "sdi", "PRECREATED"))
        if template.network_mode != "awsvpc":
            return attachments
        interface = Attachment(self._ids.uuid(), ENI, "PRECREATED", {"subnetId": subnet_id})
        return [*attachments, interface]


def _overrides(definitions: list[Shape], overrides: Shape) -> Shape:
    given = {each["name"]: each for each in overrides.get("containerOverrides", [])}
    per_container = [given.get(each["name"], {"name": each["name"]}) for each in definitions]
    return {**overrides, "containerOverrides": per_container}
