"""What CodeDeploy keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.errors import ApiError

Shape = dict[str, Any]
Status = Literal["Created", "InProgress", "Ready", "Succeeded", "Failed", "Stopped"]
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass(slots=True, eq=False)
class Revision:
    """An application specification; its content is its name."""

    sha256: str
    content: str
    registered_at: float


@dataclass(slots=True, eq=False)
class Application:
    """An application of the ECS compute platform, with the revisions it has seen."""

    name: str
    id: str
    arn: str
    created_at: float
    tags: dict[str, str]
    revisions: dict[str, Revision] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Group:
    """A deployment group; ``settings`` are the fields of CreateDeploymentGroup as they came."""

    application: Application
    name: str
    id: str
    arn: str
    settings: Shape
    tags: dict[str, str]
    last_successful: Run | None = None

    @property
    def termination_wait_s(self) -> float:
        """How long the original task set stays after the traffic has shifted."""
        blue = self.settings.get("blueGreenDeploymentConfiguration", {})
        after = blue.get("terminateBlueInstancesOnDeploymentSuccess", {})
        return 60.0 * float(after.get("terminationWaitTimeInMinutes", 0))

    @property
    def ready_option(self) -> Shape:
        """Whether somebody has to let the traffic shift."""
        blue = self.settings.get("blueGreenDeploymentConfiguration", {})
        option: Shape = blue.get("deploymentReadyOption", {})
        return option


@dataclass(slots=True, eq=False)
class Run:
    """A deployment."""

    id: str
    group: Group
    revision: Revision
    created_at: float
    creator: str = "user"
    description: str | None = None
    status: Status = "Created"
    started_at: float | None = None
    completed_at: float | None = None
    error: Shape | None = None
    rollback: Shape = field(default_factory=dict)
    original: str | None = None  # the task set that served before
    replacement: str | None = None
    shifted_at: float | None = None
    restores: str | None = None  # a task set that still runs and takes the traffic back
    lifecycle: list[Shape] = field(default_factory=list)
    previous: Revision | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing moves any more."""
        return self.status in ENDED


class Store:
    """Applications, deployment groups and deployments, by name and id."""

    def __init__(self) -> None:
        """An account without applications."""
        self.applications: dict[str, Application] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.runs: dict[str, Run] = {}

    def application(self, name: str) -> Application:
        """Find an application."""
        if name not in self.applications:
            message = f"No application found for name: {name}"
            raise ApiError("ApplicationDoesNotExistException", message)
        return self.applications[name]

    def group(self, params: Shape, member: str = "deploymentGroupName") -> Group:
        """Find the deployment group that a call names."""
        application = self.application(params["applicationName"])
        group = self.groups.get((application.name, params.get(member, "")))
        if group is None:
            message = f"No Deployment Group found for name: {params.get(member)}"
            raise ApiError("DeploymentGroupDoesNotExistException", message)
        return group

    def run(self, deployment_id: str) -> Run:
        """Find a deployment."""
        if deployment_id not in self.runs:
            message = f"The deployment {deployment_id} could not be found"
            raise ApiError("DeploymentDoesNotExistException", message)
        return self.runs[deployment_id]

    def runs_of(self, group: Group) -> list[Run]:
        """Tell the deployments of a group, newest first."""
        return [run for run in reversed(self.runs.values()) if run.group is group]
