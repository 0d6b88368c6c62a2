"""What AWS shows of a service right now.

Times are epoch seconds. Names are those of the API, so that whoever knows it can read on.
"""

from __future__ import annotations

from typing import Any

import msgspec

from deploy_guard.model import Controller, Version


class EcsDeployment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of ``DescribeServices.deployments``. After a rollback an old id is PRIMARY again."""

    id: str
    status: str
    task_definition: str
    created_at: float
    rollout_state: str | None = None
    reason: str | None = None
    failed_tasks: int = 0
    desired: int = 0
    running: int = 0
    pending: int = 0


class Monitor(msgspec.Struct, frozen=True, omit_defaults=True):
    """The breaker or the alarms of a service deployment, as ECS itself reports them.

    ``status`` is TRIGGERED, MONITORING, MONITORING_COMPLETE or DISABLED. The breaker's threshold is
    read, never computed: it can be configured, and autoscaling moves it.
    """

    status: str
    rollback: bool = False
    failures: int = 0
    threshold: int = 0
    names: tuple[str, ...] = ()
    triggered: tuple[str, ...] = ()

    @property
    def watches(self) -> bool:
        """Whether ECS itself will roll back, or is about to."""
        return self.rollback and self.status in ("MONITORING", "TRIGGERED")


class Hook(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lifecycle hook of a service deployment."""

    id: str
    status: str
    kind: str = ""
    expires_at: float | None = None
    on_timeout: str | None = None


class ServiceDeployment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A service deployment. ``source``, ``target`` and ``rolled_back_to`` are service revision ARNs.

    ``hooks`` are those that have begun; it ``has_hooks`` also while those of a later stage have not.
    """

    arn: str
    status: str
    created_at: float
    target: str | None = None
    source: str | None = None
    finished_at: float | None = None
    updated_at: float | None = None
    reason: str | None = None
    stage: str | None = None
    strategy: str = "ROLLING"
    rolled_back_to: str | None = None
    rollback_reason: str | None = None
    breaker: Monitor | None = None
    alarms: Monitor | None = None
    hooks: tuple[Hook, ...] = ()
    has_hooks: bool = False


class CodeDeployment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deployment of CodeDeploy. ``status`` is the API's word (Created, InProgress, Failed, ...)."""

    id: str
    application: str
    group: str
    status: str
    created_at: float
    finished_at: float | None = None
    error_code: str | None = None
    error: str | None = None
    creator: str | None = None
    description: str | None = None
    rollback_id: str | None = None
    rolls_back: str | None = None
    task_definition: str | None = None


class Reality(msgspec.Struct, frozen=True):
    """What AWS shows right now. ``blind`` names the reads that failed: nothing may be done then.

    ``unread`` are versions without which a failure can be told, and nobody judged or rolled back.
    ``auto_rollback`` are the events on which CodeDeploy itself rolls back, as its group is configured.
    """

    service: str
    cluster: str
    at: float
    status: str = "ACTIVE"
    controller: Controller = "ECS"
    managed_by: str | None = None
    tags: dict[str, str] = {}
    task_definition: str | None = None
    desired: int = 0
    running: int = 0
    deployments: tuple[EcsDeployment, ...] = ()
    current: str | None = None
    history: tuple[ServiceDeployment, ...] = ()
    versions: dict[str, Version] = {}
    code_deployments: tuple[CodeDeployment, ...] = ()
    auto_rollback: tuple[str, ...] = ()
    alarm_names: tuple[str, ...] = ()
    events: tuple[tuple[float, str], ...] = ()
    description: dict[str, Any] = {}
    blind: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def primary(self) -> EcsDeployment | None:
        """The ECS deployment that the service is moving to, or is at."""
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)

    def events_since(self, at: float) -> tuple[str, ...]:
        """What the service's own event log says since then, newest first."""
        return tuple(text for when, text in self.events if when >= at)

    def find(self, arn: str) -> ServiceDeployment | None:
        """A service deployment by its ARN."""
        return next((one for one in self.history if one.arn == arn), None)

    def code_deployment(self, deployment: str) -> CodeDeployment | None:
        """A deployment of CodeDeploy by its id."""
        return next((one for one in self.code_deployments if one.id == deployment), None)

    def version(self, revision_arn: str | None) -> Version | None:
        """What a service revision runs."""
        return self.versions.get(revision_arn) if revision_arn else None
