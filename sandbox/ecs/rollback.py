"""Back to the most recent deployment that completed, under its own id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.task_shape import moment

if TYPE_CHECKING:
    from sandbox.ecs.announcements import Announcements
    from sandbox.ecs.failures import Failure
    from sandbox.ecs.service_model import Deployment, Service
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


class Rollback:
    """Makes an earlier deployment the primary one again."""

    def __init__(self, agenda: Agenda, settings: EcsSettings, announcements: Announcements) -> None:
        """``announcements`` tell of it."""
        self._agenda = agenda
        self._settings = settings
        self._announcements = announcements

    def begin(self, service: Service, failure: Failure) -> bool:
        """Roll back; tell whether there was anything to go back to."""
        target = candidate(service)
        if target is None:
            return False
        history, now = service.current, self._agenda.now()
        service.primary.status = "ACTIVE"
        if target not in service.deployments:
            service.deployments.append(target)
        target.status, target.rollout_state, target.failed_tasks = "PRIMARY", "IN_PROGRESS", 0
        service.template = target.template
        if not self._settings.rollback_keeps_digests:
            target.pins.clear()
        service.unthrottle()
        history.status, history.status_reason = "ROLLBACK_IN_PROGRESS", failure.status_reason
        history.updated_at = now
        history.rollback = {
            "reason": failure.status_reason,
            "startedAt": moment(now),
            "serviceRevisionArn": target.revision_arn,
        }
        self._announcements.rolling_back(service, target, failure)
        return True


def candidate(service: Service) -> Deployment | None:
    """Find the most recent deployment in the COMPLETED state."""
    completed = [each for each in service.deployments if each.rollout_state == "COMPLETED"]
    return completed[0] if completed else service.last_completed
