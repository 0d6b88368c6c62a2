"""What the executor can do, as data: the calls that it would make stand in the alert and in the audit."""

from __future__ import annotations

import msgspec

from deploy_guard.model import Image


class Call(msgspec.Struct, frozen=True):
    """An AWS call as it is made: ``service`` and ``operation`` in the API's words."""

    service: str
    operation: str
    parameters: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """``StopServiceDeployment serviceDeploymentArn=... stopType=ROLLBACK``."""
        given = " ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.operation} {given}"


class StopDeployment(msgspec.Struct, frozen=True, tag="stop-deployment"):
    """ECS goes back to the source revision, with its network and its load balancers."""

    service_deployment: str

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls."""
        given = (("serviceDeploymentArn", self.service_deployment), ("stopType", "ROLLBACK"))
        return (Call("ecs", "StopServiceDeployment", given),)


class AnswerHooks(msgspec.Struct, frozen=True, tag="answer-hooks"):
    """A deployment that waits for an answer is told to roll back.

    ``action`` defaults to CONTINUE in the API, which would promote it: it is always sent.
    """

    service_deployment: str
    hooks: tuple[str, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls: one a hook."""
        arn = ("serviceDeploymentArn", self.service_deployment)
        return tuple(
            Call("ecs", "ContinueServiceDeployment", (arn, ("hookId", one), ("action", "ROLLBACK")))
            for one in self.hooks
        )


class UpdateService(msgspec.Struct, frozen=True, tag="update-service"):
    """Nothing but the task definition: counts and configuration are not ours to change."""

    cluster: str
    service: str
    task_definition: str

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls."""
        given = (
            ("cluster", self.cluster),
            ("service", self.service),
            ("taskDefinition", self.task_definition),
        )
        return (Call("ecs", "UpdateService", given),)


class RegisterCopy(msgspec.Struct, frozen=True, tag="register-copy"):
    """A copy of a task definition, with these images where they are given, and then the update.

    For a mutable tag the images are pinned by digest; for an INACTIVE revision nothing changes.
    """

    cluster: str
    service: str
    task_definition: str
    images: tuple[Image, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls; the copy's revision is known once it is registered."""
        pinned = tuple((f"image of {one.container}", one.image) for one in self.images)
        given = (
            ("cluster", self.cluster),
            ("service", self.service),
            ("taskDefinition", "the copy"),
        )
        return (
            Call("ecs", "RegisterTaskDefinition", (("copy of", self.task_definition), *pinned)),
            Call("ecs", "UpdateService", given),
        )


class StopCodeDeploy(msgspec.Struct, frozen=True, tag="stop-codedeploy"):
    """CodeDeploy stops and goes back to the task set before."""

    deployment: str

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls."""
        given = (("deploymentId", self.deployment), ("autoRollbackEnabled", "true"))
        return (Call("codedeploy", "StopDeployment", given),)


class CreateCodeDeploy(msgspec.Struct, frozen=True, tag="create-codedeploy"):
    """A new deployment of what a successful one deployed: ``revision_of`` is that deployment's id."""

    application: str
    group: str
    revision_of: str
    task_definition: str
    marker: str

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls."""
        given = (
            ("applicationName", self.application),
            ("deploymentGroupName", self.group),
            ("revision", f"the AppSpec of {self.revision_of} ({self.task_definition})"),
            ("description", self.marker),
        )
        return (Call("codedeploy", "CreateDeployment", given),)


Action = (
    StopDeployment | AnswerHooks | UpdateService | RegisterCopy | StopCodeDeploy | CreateCodeDeploy
)
