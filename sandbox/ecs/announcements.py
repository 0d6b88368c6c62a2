"""What ECS says of a deployment: its events, the service's event stream, the rollout state's reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.ecs.events import Events
    from sandbox.ecs.failures import Failure
    from sandbox.ecs.service_log import ServiceLog
    from sandbox.ecs.service_model import Deployment, Service
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


class Announcements:
    """Announces deployments of the ECS deployment controller."""

    def __init__(
        self, agenda: Agenda, settings: EcsSettings, events: Events, log: ServiceLog
    ) -> None:
        """``settings`` decide whether the events come as service actions too."""
        self._agenda = agenda
        self._settings = settings
        self._events = events
        self._log = log

    def begun(self, service: Service, deployment: Deployment) -> None:
        """A deployment starts."""
        reason = f"ECS deployment {deployment.id} in progress."
        self._tell(service, deployment, "SERVICE_DEPLOYMENT_IN_PROGRESS", reason)

    def completed(self, service: Service, deployment: Deployment) -> None:
        """A deployment has reached the steady state; a rollback says just the same."""
        reason = f"ECS deployment {deployment.id} completed."
        self._tell(service, deployment, "SERVICE_DEPLOYMENT_COMPLETED", reason)
        self._log.note(service, f"(deployment {deployment.id}) deployment completed.")

    def failed(self, service: Service, deployment: Deployment, failure: Failure) -> None:
        """A deployment has failed; not every kind of failure has an event."""
        self._log.note(service, f"(deployment {deployment.id}) deployment failed: {failure.logged}")
        if failure.announced:
            name = "SERVICE_DEPLOYMENT_FAILED"
            self._tell(service, deployment, name, failure.event_reason)
        else:
            self._note(service, deployment, failure.event_reason)

    def rolling_back(self, service: Service, target: Deployment, failure: Failure) -> None:
        """An earlier deployment is the primary one again, under its own id."""
        reason = failure.rollback_reason.format(target.id)
        self._tell(service, target, "SERVICE_DEPLOYMENT_IN_PROGRESS", reason)
        self._log.note(service, f"rolling back to deployment {target.id}.")

    def _tell(self, service: Service, deployment: Deployment, name: str, reason: str) -> None:
        self._note(service, deployment, reason)
        self._events.deployment_changed(service, deployment, name, reason)
        if self._settings.deployments_are_service_actions:
            failed = name == "SERVICE_DEPLOYMENT_FAILED"
            self._events.service_action(service, "ERROR" if failed else "INFO", name, reason=reason)

    def _note(self, service: Service, deployment: Deployment, reason: str) -> None:
        deployment.updated_at = service.current.updated_at = self._agenda.now()
        deployment.rollout_state_reason = reason
