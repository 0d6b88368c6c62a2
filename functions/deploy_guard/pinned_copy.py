"""A copy of a task definition: with its images by digest, or of one that is INACTIVE.

What a mutable tag meant when the version was good is known to the service revision as a digest alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.actions import RegisterCopy
from deploy_guard.model import Image
from ecsops.errors import call_failed

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

PINNED_FROM = "ecs-ops:pinned-from"
# Parameters of RegisterTaskDefinition; everything else in a description is of ECS's making.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
REGISTERED = (
    *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions"),
    *("volumes", "placementConstraints", "requiresCompatibilities", "cpu", "memory", "pidMode"),
    *("ipcMode", "proxyConfiguration", "inferenceAccelerators", "ephemeralStorage"),
    *("runtimePlatform", "enableFaultInjection", "trustedExecutionConfiguration"),
)


@dataclass(frozen=True, slots=True)
class Copy:
    """Registers copies; one that was registered before and not used is found again."""

    ecs: ECSClient

    def register(self, action: RegisterCopy) -> str:
        """The ARN of the copy."""
        described = self._called(
            "DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(
                taskDefinition=action.task_definition, include=["TAGS"]
            ),
        )
        given = copied(described["taskDefinition"], action.images)
        existing = self._registered(given, action.task_definition)
        if existing is not None:
            return existing
        tags = [one for one in described.get("tags", ()) if not _reserved(one.get("key", ""))]
        answer = self._called(
            "RegisterTaskDefinition",
            lambda: self.ecs.register_task_definition(
                **given, tags=[*tags, {"key": PINNED_FROM, "value": action.task_definition}]
            ),
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def _registered(self, given: Mapping[str, Any], source: str) -> str | None:
        """The family's latest revision, if it is this very copy: whoever registered it then died."""
        latest = self._called(
            "DescribeTaskDefinition",
            lambda: self.ecs.describe_task_definition(
                taskDefinition=given["family"], include=["TAGS"]
            ),
        )
        shape = latest["taskDefinition"]
        tags = {one.get("key"): one.get("value") for one in latest.get("tags", ())}
        same = copied(shape, ()) == given and tags.get(PINNED_FROM) == source
        return str(shape["taskDefinitionArn"]) if same else None

    def _called(self, operation: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise call_failed(operation, error) from error


def copied(definition: Mapping[str, Any], images: tuple[Image, ...]) -> dict[str, Any]:
    """What to register: all fields as they are, but for the images."""
    pinned = {one.container: one.image for one in images}
    given = {name: definition[name] for name in REGISTERED if definition.get(name) is not None}
    given["containerDefinitions"] = [
        {**one, "image": pinned.get(one.get("name"), one.get("image"))}
        for one in definition["containerDefinitions"]
    ]
    return given


def _reserved(key: str) -> bool:
    return key.lower().startswith("aws:") or key == PINNED_FROM
