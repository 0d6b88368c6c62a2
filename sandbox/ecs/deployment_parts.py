"""Everything about deployments of the ECS deployment controller, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.ecs.announcements import Announcements
from sandbox.ecs.deployment_alarms import DeploymentAlarms
from sandbox.ecs.hooks import Hooks
from sandbox.ecs.lifecycle import Lifecycle
from sandbox.ecs.revisions import Revisions
from sandbox.ecs.rollouts import Rollouts

if TYPE_CHECKING:
    from sandbox.ecs.events import Events
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.images import Images
    from sandbox.ecs.service_log import ServiceLog
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


@dataclass(frozen=True, slots=True)
class DeploymentParts:
    """The parts that others have to know."""

    hooks: Hooks
    alarms: DeploymentAlarms
    revisions: Revisions
    rollouts: Rollouts

    @staticmethod
    def build(
        agenda: Agenda,
        settings: EcsSettings,
        ids: Ids,
        *,
        events: Events,
        log: ServiceLog,
        images: Images,
    ) -> DeploymentParts:
        """Put the parts together."""
        hooks = Hooks(agenda, ids, events)
        alarms = DeploymentAlarms(agenda, settings)
        revisions = Revisions(agenda, images)
        announcements = Announcements(agenda, settings, events, log)
        lifecycle = Lifecycle(agenda, settings, hooks, alarms)
        rollouts = Rollouts(agenda, settings, ids, announcements, revisions, lifecycle)
        return DeploymentParts(hooks, alarms, revisions, rollouts)
