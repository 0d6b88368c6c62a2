"""What an account has of services: their deployments, the history of them, task sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.clock import Appointment
    from sandbox.ecs.model import Pins, Shape, Tags, Task, Template


@dataclass(slots=True, eq=False)
class Deployment:
    """A deployment of the ECS controller, as DescribeServices shows it."""

    id: str
    template: Template
    revision_arn: str
    created_at: float
    updated_at: float
    status: Literal["PRIMARY", "ACTIVE", "INACTIVE"] = "PRIMARY"
    rollout_state: Literal["IN_PROGRESS", "COMPLETED", "FAILED"] = "IN_PROGRESS"
    rollout_state_reason: str = ""
    failed_tasks: int = 0
    pins: Pins = field(default_factory=dict)


ServiceDeploymentStatus = Literal[
    "PENDING",
    "IN_PROGRESS",
    "SUCCESSFUL",
    "STOP_REQUESTED",
    "STOPPED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """A lifecycle stage of one service deployment."""

    name: str
    weight: float | None = None  # of production traffic for the target, in percent
    lasts_s: float = 0.0  # at least


@dataclass(slots=True, eq=False)
class HookRun:
    """A lifecycle hook of the current stage."""

    id: str
    target_type: Literal["AWS_LAMBDA", "PAUSE"]
    stage: str
    expires_at: float
    timeout_action: Literal["ROLLBACK", "CONTINUE"]
    target_arn: str | None = None
    role_arn: str | None = None
    status: Literal["AWAITING_ACTION", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT"] = (
        "IN_PROGRESS"
    )
    execution_id: str = ""
    details: Any = None  # hookDetails: what the function gets and may change
    failure: str | None = None
    timer: Appointment | None = None

    @property
    def open(self) -> bool:
        """Whether the deployment waits for it."""
        return self.status in {"AWAITING_ACTION", "IN_PROGRESS"}


@dataclass(slots=True, eq=False)
class ServiceDeployment:
    """The history entry of a deployment, as DescribeServiceDeployments shows it."""

    arn: str
    deployment_id: str
    target_revision: str
    source_revisions: tuple[str, ...]
    configuration: Shape  # as it was when the deployment began
    created_at: float
    updated_at: float
    status: ServiceDeploymentStatus = "PENDING"
    status_reason: str | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    finished_at: float | None = None
    rollback: Shape | None = None
    failure_count: int = 0
    tripped: bool = False  # the circuit breaker has
    watched_alarms: tuple[str, ...] = ()
    triggered_alarms: tuple[str, ...] = ()
    plan: tuple[Stage, ...] = ()
    position: int = 0
    entered_at: float = 0.0
    hooks: list[HookRun] = field(default_factory=list)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)  # "test", "production"

    @property
    def stage(self) -> Stage | None:
        """Where it is; None once every stage is done."""
        return self.plan[self.position] if self.position < len(self.plan) else None

    @property
    def scales(self) -> bool:
        """Whether tasks may be started: not before SCALE_UP."""
        names = [each.name for each in self.plan]
        return "SCALE_UP" not in names or self.position >= names.index("SCALE_UP")

    @property
    def ongoing(self) -> bool:
        """Whether it has not ended yet."""
        return self.finished_at is None

    @property
    def rolling_back(self) -> bool:
        """Whether a rollback is on its way."""
        return self.status in {"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}


@dataclass(slots=True, eq=False)
class TaskSet:
    """A task set of the CODE_DEPLOY and EXTERNAL controllers."""

    id: str
    arn: str
    template: Template
    scale_percent: float
    created_at: float
    updated_at: float
    tags: Tags
    external_id: str | None = None
    started_by: str | None = None
    status: Literal["PRIMARY", "ACTIVE", "DRAINING"] = "ACTIVE"
    failed_tasks: int = 0
    steady_since: float | None = None
    pins: Pins = field(default_factory=dict)


@dataclass(slots=True)
class Throttle:
    """How the scheduler slows down when tasks do not reach RUNNING."""

    round: int = 0  # counts the launches
    failed_round: int = 0  # the newest launch when a failure was last counted
    failures: int = 0  # launches in a row of which a task failed
    until: float = 0.0


@dataclass(slots=True, eq=False)
class Service:
    """A service; ``settings`` are the fields of CreateService that are shown as they came."""

    arn: str
    name: str
    cluster_arn: str
    template: Template | None  # None: an EXTERNAL service leaves it to its task sets
    desired_count: int
    controller: str
    settings: Shape
    tags: Tags
    created_at: float
    created_by: str
    status: Literal["ACTIVE", "DRAINING", "INACTIVE"] = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    last_completed: Deployment | None = None  # of those that are replaced and no longer shown
    task_sets: list[TaskSet] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)  # until they are STOPPED
    events: list[Shape] = field(default_factory=list)
    service_deployments: list[ServiceDeployment] = field(default_factory=list)
    steady: bool = False
    steady_since: float | None = None
    throttle: Throttle = field(default_factory=Throttle)
    unplaced: int = 0  # tasks without capacity, until the next attempt
    unplaced_said: float | None = None  # when the service's events said so last
    reconciling: Appointment | None = None
    retry: Appointment | None = None

    @property
    def primary(self) -> Deployment:
        """The most recent deployment."""
        return next(each for each in self.deployments if each.status == "PRIMARY")

    @property
    def configuration(self) -> Shape:
        """The deploymentConfiguration."""
        shape: Shape = self.settings["deploymentConfiguration"]
        return shape

    @property
    def current(self) -> ServiceDeployment:
        """The newest service deployment."""
        return self.service_deployments[0]

    def unthrottle(self) -> None:
        """A new deployment starts its tasks at once."""
        launches = self.throttle.round
        self.throttle, self.unplaced = Throttle(launches, failed_round=launches), 0
        if self.retry:
            self.retry.cancel()
            self.retry = None
