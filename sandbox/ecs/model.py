"""What an account has in ECS. Configuration stays in the shapes in which the API took it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.clock import Appointment
    from sandbox.ecs.apps import App
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.network import Address

Shape = dict[str, Any]
Tags = dict[str, str]
Pins = dict[str, str]  # the image digest of each container that is resolved already, by name
LastStatus = Literal[
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
]
STARTING: tuple[LastStatus, ...] = ("PROVISIONING", "PENDING", "ACTIVATING")


@dataclass(slots=True, eq=False)
class Cluster:
    """A cluster; ``settings`` are the fields of CreateCluster that are only shown."""

    arn: str
    name: str
    settings: Shape
    capacity_providers: list[str]
    default_strategy: list[Shape]
    tags: Tags
    status: str = "ACTIVE"


@dataclass(slots=True, eq=False)
class TaskDefinition:
    """One revision; ``shape`` is what DescribeTaskDefinition answers."""

    arn: str
    family: str
    revision: int
    shape: Shape
    tags: Tags

    @property
    def active(self) -> bool:
        """Whether new tasks may use it."""
        return bool(self.shape["status"] == "ACTIVE")


@dataclass(frozen=True, slots=True)
class Template:
    """What the tasks of a deployment, of a task set or of a RunTask call have in common."""

    definition: TaskDefinition
    launch_type: str | None
    strategy: tuple[Shape, ...] = ()
    network: Shape = field(default_factory=dict)
    load_balancers: tuple[Shape, ...] = ()
    registries: tuple[Shape, ...] = ()
    service_connect: Shape | None = None
    platform_version: str = "1.4.0"
    daemon: bool = False  # one task on every container instance
    on_alternate: bool = False  # green when the last one was blue, and the other way round

    @property
    def on_fargate(self) -> bool:
        """Whether the tasks need no container instance."""
        providers = {item["capacityProvider"] for item in self.strategy}
        return self.launch_type == "FARGATE" or bool(providers & {"FARGATE", "FARGATE_SPOT"})

    @property
    def network_mode(self) -> str:
        """How the containers reach the network; on Fargate through an interface of their own."""
        stated = self.definition.shape.get("networkMode", "bridge")
        return "awsvpc" if self.on_fargate else str(stated)

    def target_group(self, load_balancer: Shape) -> str | None:
        """Tell which of the two target groups of a load balancer the tasks are in."""
        advanced = load_balancer.get("advancedConfiguration", {})
        if self.on_alternate and "alternateTargetGroupArn" in advanced:
            return str(advanced["alternateTargetGroupArn"])
        return load_balancer.get("targetGroupArn")


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a task stops, in the words of the API."""

    code: str
    text: str


@dataclass(slots=True, eq=False)
class Attachment:
    """``type`` as the API spells it; events spell the network interface "eni"."""

    id: str
    type: str
    status: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Container:
    """A container of a task."""

    arn: str
    definition: Shape
    runtime_id: str
    image_digest: str | None = None  # known once the image is pulled
    last_status: str = "PENDING"
    exit_code: int | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class Task:
    """A task; ``times`` are keyed by the API's field names."""

    arn: str
    cluster_arn: str
    template: Template
    group: str
    started_by: str | None
    capacity_provider: str | None
    availability_zone: str
    subnet_id: str
    app: App
    overrides: Shape
    tags: Tags
    containers: list[Container]
    attachments: list[Attachment]
    times: dict[str, float]
    service_arn: str | None = None
    address: Address | None = None
    version: int = 0
    desired_status: Literal["RUNNING", "STOPPED"] = "RUNNING"
    last_status: LastStatus = "PROVISIONING"
    stop: StopReason | None = None
    health_status: str = "UNKNOWN"
    settled: bool = False  # counts as healthy for the scheduler when no load balancer is asked
    kill_at: float | None = None  # the capacity is gone then, whatever the application does
    exits_at: float | None = None
    next_step: Appointment | None = None
    failed_check: str | None = None  # why the scheduler replaces it, as stoppedReason
    pins: Pins = field(default_factory=dict)
    launch_round: int = 0
    instance: ContainerInstance | None = None  # None on Fargate
    lost: bool = False  # the machine under it is gone, and ECS has not noticed yet
    host_ports: dict[tuple[str, int], int] = field(default_factory=dict)  # container and its port
    protection: Appointment | None = None  # its end
    protected_until: float = 0.0

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[1]

    @property
    def pending(self) -> bool:
        """Whether it is on its way to RUNNING."""
        return self.wanted and self.last_status in STARTING

    @property
    def protected(self) -> bool:
        """Whether it is not to be stopped because there are too many, or for a newer one."""
        return self.protection is not None

    @property
    def wanted(self) -> bool:
        """Whether it is meant to run."""
        return self.desired_status == "RUNNING"
