"""A task of a service that stopped, as far as it tells something about a deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ecsops.events.envelope import epoch
from ecsops.events.task_state import SPOT_STOP_CODES, SPOT_STOPPED_REASON, TaskStateChange

FAILED_TO_START = "TaskFailedToStart"
CONTAINER_EXITED = "EssentialContainerExited"
STOPPED_BY_SCHEDULER = "ServiceSchedulerInitiated"
STOPPED_BY_USER = "UserInitiated"

# Stopped by somebody, or with the machine below it: nothing that a deployment brought.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
_NO_FAILURE = re.compile(
    r"scaling activity initiated by|task stopped by user|availability zone rebalanc"
    r"|host ec2 \(instance|maintenance on the underlying|" + re.escape(SPOT_STOPPED_REASON),
    re.IGNORECASE,
)
_HEALTH_CHECK = re.compile(r"failed\b.*\bhealth checks?", re.IGNORECASE)
# Containers that AWS adds to a task; one that fails does not stop the task (aws/aws-cdk#32877).
_ADDED_BY_AWS = ("aws-guardduty-agent", "ecs-service-connect-")


class FailedContainer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One container. ``essential`` is None until the task definition has been read."""

    name: str
    exit_code: int | None = None
    reason: str | None = None
    image: str | None = None
    digest: str | None = None
    runtime_id: str | None = None
    essential: bool | None = None

    @property
    def is_sidecar(self) -> bool:
        """Whether its end says nothing about the task's."""
        return self.essential is False or self.name.startswith(_ADDED_BY_AWS)


class FailedTask(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task that stopped, or is about to (not ``ended``). Times are epoch seconds.

    Without ``started_at`` it never ran.
    """

    task_arn: str
    started_by: str = ""
    task_definition: str = ""
    stop_code: str | None = None
    stopped_reason: str = ""
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float = 0.0
    containers: tuple[FailedContainer, ...] = ()
    health_status: str | None = None
    ended: bool = False

    @property
    def says_why(self) -> bool:
        """Whether the reason is known: ECS tells it long before the task is STOPPED."""
        if self.ended or self.stop_code in (FAILED_TO_START, STOPPED_BY_SCHEDULER):
            return True
        return any(one.exit_code is not None or one.reason for one in self.containers)

    @property
    def ran_for_s(self) -> float | None:
        """Seconds from its start until it was told to stop; None if it never ran."""
        end = self.stopping_at or self.stopped_at
        return end - self.started_at if self.started_at and end else None

    @property
    def took_to_stop_s(self) -> float | None:
        """Seconds between the order to stop and its end."""
        return self.stopped_at - self.stopping_at if self.stopping_at and self.stopped_at else None

    def with_essentials(self, essential: Mapping[str, bool]) -> FailedTask:
        """The same, knowing from the task definition which containers are essential.

        A container that the definition does not name was added by AWS.
        """
        return msgspec.structs.replace(
            self,
            containers=tuple(
                msgspec.structs.replace(one, essential=essential.get(one.name, False))
                for one in self.containers
            ),
        )


def without_secrets(text: str) -> str:
    """What ECS says, as it may be kept: it quotes commands and answers of others."""
    if not text:
        return text
    # Its patterns take their time to compile: a cold start that needs none does without.
    from ecsops.redaction import redact_text

    return redact_text(text)


def from_event(task: TaskStateChange) -> FailedTask:
    """What an event of the task says."""
    return FailedTask(
        task_arn=task.task_arn,
        started_by=task.started_by or "",
        task_definition=task.task_definition_arn or "",
        stop_code=task.stop_code,
        stopped_reason=without_secrets(task.stopped_reason or ""),
        started_at=_time(task.started_at),
        stopping_at=_time(task.stopping_at),
        stopped_at=_time(task.stopped_at) or _time(task.updated_at) or 0.0,
        containers=tuple(
            FailedContainer(
                one.name,
                one.exit_code,
                one.reason and without_secrets(one.reason),
                one.image,
                one.image_digest,
                one.runtime_id,
            )
            for one in task.containers or ()
        ),
        health_status=task.health_status,
        ended=task.last_status == "STOPPED",
    )


def essentials(definition: Mapping[str, object]) -> dict[str, bool]:
    """Which containers of a task definition are essential: all that do not say they are not.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    containers = definition.get("containerDefinitions")
    return {
        str(one.get("name")): one.get("essential") is not False
        for one in (containers if isinstance(containers, list) else [])
    }


def counts(task: FailedTask) -> bool:
    """Whether the task's end is a failure that a deployment may be to blame for."""
    if task.stop_code in SPOT_STOP_CODES or task.stop_code == STOPPED_BY_USER:
        return False
    if _NO_FAILURE.search(task.stopped_reason):
        return False
    if task.stop_code == STOPPED_BY_SCHEDULER:
        return _HEALTH_CHECK.search(task.stopped_reason) is not None
    return True


def _time(text: str | None) -> float | None:
    return epoch(text) if text else None


def is_unclear(task: FailedTask) -> bool:
    """Whether only its definition tells which of its containers is to blame."""
    return len(task.containers) > 1 and any(one.essential is None for one in task.containers)
