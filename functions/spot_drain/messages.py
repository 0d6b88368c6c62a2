"""What the function tells its later self, through its own queue with a delay: no function waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ecsops.arns import parse_arn
from ecsops.events.envelope import read_document
from ecsops.parallel import chunks
from spot_drain.interruption import seconds_left
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen

VERIFY_AFTER_S = 8
REPORT_AFTER_S = 45
# The tasks are dead after two minutes, and ECS deregisters what has stopped; the health check finds the rest.
ENDED_AFTER_S = 300
# As the schedule sends it every hour.
TICK = '{"spot_drain": "tick"}'
# At about 300 bytes a task; those of services with many target groups are split further.
TASKS_PER_MESSAGE = 250
# So that one BatchGetItem reads the tallies of a whole message.
SERVICES_PER_MESSAGE = 100
_MAX_BYTES = 200_000
# Of two first looks at one target the one that says more about who took it out.
_TELLING = (Seen.REGISTERED, Seen.UNKNOWN, Seen.LEAVING, Seen.ABSENT, Seen.GONE)


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
    notes: tuple[str, ...] = ()
    route: str | None = None
    place: str = ""
    left_s: int | None = None

    def membership(self, check: TargetCheck) -> Membership:
        """The place in which the task may still be registered."""
        return Membership(check.group_arn, check.target, self.task_arn)

    def out(self, now: float) -> TaskCheck:
        """The check of a task that was out by now."""
        left = seconds_left(self.at, now)
        return msgspec.structs.replace(self, left_s=None if left is None else int(left))

    def joined(self, other: TaskCheck) -> TaskCheck:
        """One check instead of two for the same task: all targets, on dry run if one of them is."""
        targets: dict[Membership, TargetCheck] = {}
        for check in (*self.targets, *other.targets):
            known = targets.setdefault(self.membership(check), check)
            if _TELLING.index(check.first) < _TELLING.index(known.first):
                targets[self.membership(check)] = check
        return msgspec.structs.replace(
            self,
            at=min((at for at in (self.at, other.at) if at is not None), default=None),
            seen_at=max(
                (at for at in (self.seen_at, other.seen_at) if at is not None), default=None
            ),
            dry_run=self.dry_run or other.dry_run,
            targets=tuple(targets.values()),
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
            route=self.route or other.route,
            place=self.place or other.place,
            left_s=self.left_s if other.left_s is None else other.left_s,
        )


class Verify(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="verify"):
    """Look at these targets again."""

    tasks: tuple[TaskCheck, ...]
    attempt: int = 1


class Report(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="report"):
    """Tell people about the storms of these services, as far as they are over."""

    service_arns: tuple[str, ...]


class Leave(msgspec.Struct, frozen=True, tag_field="spot_drain", tag="leave"):
    """Have Cloud Map forget these tasks, each as (service ARN, instance id): it failed before."""

    entries: tuple[tuple[str, str], ...]


class Probe(msgspec.Struct, frozen=True):
    """What a message is: one of our own, or an event of this kind."""

    spot_drain: str | None = None
    detail_type: str | None = msgspec.field(name="detail-type", default=None)


def probe(body: str) -> Probe:
    """Tell what a message is, without reading the rest of it."""
    return read_document(body, Probe)


def read_leave(body: str) -> Leave:
    """A message about tasks that Cloud Map still names."""
    return read_document(body, Leave)


def encode(message: Verify | Report | Leave) -> str:
    """The message's body."""
    return msgspec.json.encode(message).decode()


def join(checks: Iterable[TaskCheck]) -> list[TaskCheck]:
    """One check a task, however many messages or waves it was noted in."""
    joined: dict[str, TaskCheck] = {}
    for check in checks:
        known = joined.get(check.task_arn)
        joined[check.task_arn] = known.joined(check) if known else check
    return list(joined.values())


def verify_bodies(checks: Sequence[TaskCheck], attempt: int) -> list[str]:
    """The messages that have these tasks verified, each of a size that SQS takes.

    A service's tasks stay together: one look at a target group tells of all of them.
    """
    by_service = sorted(join(checks), key=lambda check: check.service_arn)
    return [
        body
        for part in chunks(by_service, TASKS_PER_MESSAGE)
        for body in _small_enough(part, attempt)
    ]


def report_bodies(service_arns: Sequence[str]) -> list[str]:
    """The messages that have these services' storms told."""
    return [encode(Report(tuple(part))) for part in chunks(service_arns, SERVICES_PER_MESSAGE)]


def _small_enough(checks: Sequence[TaskCheck], attempt: int) -> list[str]:
    body = encode(Verify(tuple(checks), attempt))
    if len(body.encode()) <= _MAX_BYTES or len(checks) == 1:
        return [body]
    half = len(checks) // 2
    return [*_small_enough(checks[:half], attempt), *_small_enough(checks[half:], attempt)]


def read_own(body: str) -> Verify | Report:
    """One of our own messages about tasks."""
    own: Verify | Report = read_document(body, Verify | Report)  # type: ignore[arg-type]
    if isinstance(own, Report):
        for at, service_arn in enumerate(own.service_arns):
            parse_arn(service_arn, f"$.service_arns[{at}]")
    return own
