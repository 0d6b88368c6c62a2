"""What the function tells its later self, through its own queue with a delay: no function waits."""

from __future__ import annotations

import msgspec

from ecsops.events.envelope import read_document
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen

VERIFY_AFTER_S = 8
REPORT_AFTER_S = 45
# At about 300 bytes a task, far below what SQS takes in one message.
TASKS_PER_MESSAGE = 250


class TargetCheck(msgspec.Struct, frozen=True, array_like=True):
    """A target to look at again, and what the first look showed."""

    group_arn: str
    id: str
    port: int
    first: Seen

    @property
    def target(self) -> Target:
        """The target as ELB knows it."""
        return Target(self.id, self.port)


class TaskCheck(msgspec.Struct, frozen=True, array_like=True):
    """A task to be verified. ``at`` and ``seen_at`` are epoch seconds."""

    task_arn: str
    service_arn: str
    cluster_arn: str
    at: float | None
    seen_at: float | None
    dry_run: bool
    targets: tuple[TargetCheck, ...]

    def membership(self, check: TargetCheck) -> Membership:
        """The place in which the task may still be registered."""
        return Membership(check.group_arn, check.target, self.task_arn)


class Verify(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="verify"):
    """Look at these targets again."""

    tasks: tuple[TaskCheck, ...]
    attempt: int = 1


class Report(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="report"):
    """Tell people about a service's storm, if it is over."""

    service_arn: str


class _Probe(msgspec.Struct, frozen=True):
    spot_drain: str | None = None


def encode(message: Verify | Report) -> str:
    """The message's body."""
    return msgspec.json.encode(message).decode()


def read_own(body: str) -> Verify | Report | None:
    """One of our own messages; None if the body is something else, such as an event."""
    if read_document(body, _Probe).spot_drain is None:
        return None
    return read_document(body, Verify | Report)  # type: ignore[arg-type]
