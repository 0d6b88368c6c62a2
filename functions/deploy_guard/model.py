"""What the guard remembers: versions, and a service's deployments with what became of them.

Times are epoch seconds. All is frozen and written as JSON: a field that is added later needs a default.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

import msgspec

from deploy_guard.causes import Diagnosis
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.failures import FailedTask
from deploy_guard.outline import Outline

Mode = Literal["off", "notify", "dry-run", "auto"]
Controller = Literal["ECS", "CODE_DEPLOY", "EXTERNAL"]
BETWEEN_CALLS = "; "
_LAST_DATE = 253_402_300_799  # 9999-12-31T23:59:59Z


class Image(msgspec.Struct, frozen=True, array_like=True):
    """What a container runs; the digest is known once ECS has resolved the image."""

    container: str
    image: str
    digest: str | None = None


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a service can run. ``task_definition`` is an ARN; ``content_hash`` leaves the images out.

    Two task definitions with the same digests and the same content are one version, and one task
    definition with a mutable tag can be many.
    """

    task_definition: str
    images: tuple[Image, ...] = ()
    content_hash: str | None = None
    revision_arn: str | None = None

    @property
    def name(self) -> str:
        """``web:41``."""
        return self.task_definition.rpartition("/")[2]

    @property
    def digests(self) -> tuple[tuple[str, str], ...] | None:
        """(container, digest) of all containers, None unless every digest is known."""
        pairs = [(image.container, image.digest) for image in self.images if image.digest]
        return tuple(sorted(pairs)) if pairs and len(pairs) == len(self.images) else None

    @property
    def identity(self) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        """What makes it the same thing again under another name; None until all of it is known."""
        digests = self.digests
        return (self.content_hash, digests) if self.content_hash and digests else None

    def is_same(self, other: Version) -> bool:
        """Whether both are known to run the same thing."""
        if self.identity is not None and other.identity is not None:
            return self.identity == other.identity
        # An image that was never resolved may be anything once it is: it is no other's equal.
        return self.task_definition == other.task_definition and self.digests == other.digests


class Outcome(StrEnum):
    """What a deployment has come to. In the alerts these are the words."""

    IN_PROGRESS = "in progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    ROLLBACK_FAILED = "rollback failed"
    STALLED = "stalled"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


class Judged(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version that has proven good or bad, by which deployment, and why."""

    version: Version
    good: bool
    at: float
    deployment: str
    why: str


class Bake(msgspec.Struct, frozen=True, omit_defaults=True):
    """The watch after COMPLETED. ``fired`` are alarms that went off in it, ``late`` those after it.

    ``firing`` of them are in ALARM ever since, the first since ``fired_at``; ``missing`` do not exist.
    ``cancelled``: not watched to its end; ``again``: it serves again. ``failures``: of tasks, before it.
    """

    began: float
    ends_at: float
    alarms: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    over: bool = False
    cancelled: bool = False
    failures: int = 0
    firing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    again: bool = False
    fired_at: float = 0.0


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a second witness said of the cause: the registry, or the container's log.

    ``logs`` are all its lines, kept until people have been told.
    """

    image_exists: bool | None = None
    log_lines: tuple[str, ...] = ()
    logs: LogLines | None = None


class Follows(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a version goes back that did not fail: one that was released with it does.

    ``service`` and ``deployment`` are of the one that failed, ``incident`` is the thread in which that
    is told, ``before`` are the services whose turn comes first. ``over``: nothing more is done.
    """

    service: str
    deployment: str
    group: str
    incident: str
    at: float
    before: tuple[str, ...] = ()
    over: bool = False


class Deployment(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ledger's row of a deployment: of a service deployment, or of one of CodeDeploy.

    ``id`` is its ARN (or ``d-...``), ``ecs_id`` the ``ecs-svc/N`` under which its tasks start. ``told``
    are the stages that people have been told, ``rules`` what led to the outcome and ``by`` whose word
    it is, ``decided`` what led to the decision. ``ordered_at`` is when the executor was asked last.
    ``owed`` are sources that gave no answer in time, ``asked`` how often they were asked again.
    ``follows``: while it is to go back with another. ``back_failures``: tasks of what it goes back to
    that had failed before. ``idle_at`` is when it was last seen with a desired count of 0.
    ``unattended``: no breaker, alarms or hooks of ECS are configured for it. ``outline`` is of ``target``,
    kept until people have been told.
    """

    id: str
    began: float
    target: Version
    ecs_id: str | None = None
    source: Version | None = None
    controller: Controller = "ECS"
    outcome: Outcome = Outcome.IN_PROGRESS
    outcome_at: float = 0.0
    reason: str | None = None
    diagnosis: Diagnosis | None = None
    serving: Version | None = None
    progress_at: float = 0.0
    idle_at: float = 0.0
    running: int = 0
    failed_at: float = 0.0
    rolls_back: str | None = None
    bake: Bake | None = None
    told: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    by: str = "ecs"
    decided: tuple[str, ...] = ()
    heard: Heard | None = None
    ordered_at: float = 0.0
    owed: tuple[str, ...] = ()
    asked: int = 0
    follows: Follows | None = None
    back_failures: int = 0
    unattended: bool = False
    outline: Outline | None = None


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the executor did for a deployment. ``result`` is the deployment that came of it.

    ``state`` is REQUESTED (AWS took the call), CONFIRMED (found done), UNCONFIRMED (nobody knows whether
    it was made) or FAILED (AWS refused it).
    """

    deployment: str
    at: float
    state: str
    call: str
    executed: bool = True
    result: str | None = None
    task_definition: str | None = None

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls that it came to, one by one."""
        return tuple(self.call.split(BETWEEN_CALLS)) if self.call else ()


class Freeze(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nobody but people may act. ``scope`` is a service's ARN, a cluster's, or ``all``."""

    scope: str
    by: str
    why: str = ""
    until: float | None = None

    def holds(self, now: float) -> bool:
        """Whether it is in force."""
        return self.until is None or now < self.until

    @property
    def ends(self) -> str:
        """When it ends, for people. No calendar has a date for an end after the year 9999."""
        if self.until is None or self.until > _LAST_DATE:
            return "until somebody lifts it"
        return f"until {datetime.fromtimestamp(self.until, UTC):%Y-%m-%d %H:%M} UTC"

    @property
    def told(self) -> str:
        """Whose it is, why, and when it ends."""
        why = f" ({self.why})" if self.why else ""
        return f"frozen by {self.by}{why}, {self.ends}"


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ECS said of a service beside its tasks: ``placement``, ``configuration``, ``hook``, ...

    ``deployment`` is the service deployment or the ``ecs-svc/N``, where it names one.
    """

    kind: str
    at: float
    text: str
    deployment: str | None = None


class Ledger(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is remembered of a service; ``deployments`` newest first.

    ``failures`` are samples, ``counts`` says how many tasks failed under each ``ecs-svc/N``.
    ``handled`` are the keys of events whose work is done, ``forgiven`` what a person does not want counted.
    """

    service: str
    deployments: tuple[Deployment, ...] = ()
    judged: tuple[Judged, ...] = ()
    failures: tuple[FailedTask, ...] = ()
    counts: dict[str, int] = {}
    notices: tuple[Notice, ...] = ()
    handled: tuple[str, ...] = ()
    forgiven: tuple[Judged, ...] = ()

    def find(self, deployment_id: str | None) -> Deployment | None:
        """A deployment by its id or by the ``ecs-svc/N`` of its tasks."""
        return next(
            (one for one in self.deployments if deployment_id in (one.id, one.ecs_id)), None
        )

    def bad(self, version: Version) -> Judged | None:
        """Why a version is known to be bad, unless it has been forgiven."""
        found = (one for one in self.judged if not one.good and one.version.is_same(version))
        return max(found, key=lambda one: one.at, default=None)

    def good(self) -> tuple[Judged, ...]:
        """Versions with proof, the latest first, without those that failed since."""
        proven = sorted((one for one in self.judged if one.good), key=lambda one: -one.at)
        return tuple(one for one in proven if self.bad(one.version) is None)
