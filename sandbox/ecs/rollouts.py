"""How a deployment begins, and how it ends: completed, failed, or rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.launcher import share
from sandbox.ecs.model import Deployment, Service, ServiceDeployment, Template
from sandbox.ecs.task_shape import moment

if TYPE_CHECKING:
    from sandbox.ecs.events import Events
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.revisions import Revisions
    from sandbox.elb.agenda import Agenda

BREAKER = "ECS deployment circuit breaker: "


class Rollouts:
    """Keeps the deployments of services that use the ECS deployment controller."""

    def __init__(self, agenda: Agenda, ids: Ids, events: Events, revisions: Revisions) -> None:
        """``revisions`` keeps what each deployment deployed."""
        self._agenda = agenda
        self._ids = ids
        self._events = events
        self._revisions = revisions

    def begin(self, service: Service, template: Template) -> None:
        """Start a deployment; the one before becomes ACTIVE until its tasks are gone."""
        now = self._agenda.now()
        source = tuple(each.revision_arn for each in service.deployments)
        for previous in service.deployments:
            previous.status = "ACTIVE"
        number = self._ids.number()
        service.template = template
        deployment = Deployment(
            id=f"ecs-svc/{number}",
            template=template,
            revision_arn=self._revisions.add(service, template, self._ids.number()),
            created_at=now,
            updated_at=now,
        )
        service.deployments.insert(0, deployment)
        self._add_history(service, deployment, source)
        reason = f"ECS deployment {deployment.id} in progress."
        self._change(service, deployment, "SERVICE_DEPLOYMENT_IN_PROGRESS", reason)

    def _add_history(
        self, service: Service, deployment: Deployment, source: tuple[str, ...]
    ) -> None:
        for entry in service.service_deployments:
            if entry.ongoing:
                self._end(entry, "STOPPED")
        prefix = service.arn.replace(":service/", ":service-deployment/")
        history = ServiceDeployment(
            arn=f"{prefix}/{self._ids.service_deployment()}",
            deployment_id=deployment.id,
            target_revision=deployment.revision_arn,
            source_revisions=source,
            configuration=service.configuration,
            created_at=deployment.created_at,
            updated_at=deployment.created_at,
        )
        service.service_deployments.insert(0, history)

    def complete(self, service: Service) -> None:
        """The primary deployment is in the steady state."""
        deployment = service.primary
        if deployment.rollout_state != "IN_PROGRESS":
            return
        deployment.rollout_state = "COMPLETED"
        history = service.service_deployments[0]
        rolled_back = history.deployment_id != deployment.id
        self._end(history, "ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
        reason = f"ECS deployment {deployment.id} completed."
        self._change(service, deployment, "SERVICE_DEPLOYMENT_COMPLETED", reason)

    def break_circuit(self, service: Service) -> None:
        """Fail the primary deployment if too many of its tasks failed."""
        deployment = service.primary
        breaker = service.configuration.get("deploymentCircuitBreaker", {})
        tripped = deployment.failed_tasks >= threshold(service)
        if not breaker.get("enable") or not tripped or deployment.rollout_state != "IN_PROGRESS":
            return
        deployment.rollout_state = "FAILED"
        reason = f"{BREAKER}tasks failed to start."
        self._change(service, deployment, "SERVICE_DEPLOYMENT_FAILED", reason)
        history = service.service_deployments[0]
        if breaker.get("rollback"):
            self._roll_back(service, deployment, history)
        else:
            self._end(history, "STOPPED")

    def retire(self, service: Service) -> None:
        """Forget deployments that are completely replaced."""
        serving = {
            task.started_by
            for task in service.tasks.values()
            if task.wanted or task.last_status == "RUNNING"
        }
        for deployment in [d for d in service.deployments if d.status == "ACTIVE"]:
            if deployment.id not in serving:
                deployment.status = "INACTIVE"
                service.deployments.remove(deployment)
                if deployment.rollout_state == "COMPLETED":
                    service.last_completed = deployment

    def _roll_back(self, service: Service, failed: Deployment, history: ServiceDeployment) -> None:
        completed = [d for d in service.deployments if d.rollout_state == "COMPLETED"]
        target = completed[0] if completed else service.last_completed
        if target is None:
            self._end(history, "ROLLBACK_FAILED")
            history.status_reason = "No rollback candidate was found to run the rollback."
            return
        failed.status = "ACTIVE"
        if target not in service.deployments:
            service.deployments.append(target)
        target.status, target.rollout_state, target.failed_tasks = "PRIMARY", "IN_PROGRESS", 0
        service.template = target.template
        service.throttled_until, service.unplaced = 0.0, 0
        history.status = "ROLLBACK_IN_PROGRESS"
        history.status_reason = (
            "Service deployment rolled back because the circuit breaker threshold was exceeded."
        )
        history.rollback = {
            "reason": history.status_reason,
            "startedAt": moment(self._agenda.now()),
            "serviceRevisionArn": target.revision_arn,
        }
        reason = f"{BREAKER}rolling back to deploymentId {target.id}."
        self._change(service, target, "SERVICE_DEPLOYMENT_IN_PROGRESS", reason)

    def _change(self, service: Service, deployment: Deployment, name: str, reason: str) -> None:
        deployment.updated_at = self._agenda.now()
        deployment.rollout_state_reason = reason
        service.service_deployments[0].updated_at = deployment.updated_at
        self._events.deployment_changed(service, deployment, name, reason)

    def _end(self, history: ServiceDeployment, status: str) -> None:
        history.status = status
        history.finished_at = history.updated_at = self._agenda.now()


def threshold(service: Service) -> int:
    """How many failed tasks trip the circuit breaker; half of the desired count by default."""
    breaker = service.configuration.get("deploymentCircuitBreaker", {})
    configured = breaker.get("thresholdConfiguration", {})
    kind, value = configured.get("type", "BOUNDED_PERCENT"), configured.get("value", 50)
    if kind == "COUNT":
        return int(value)
    count = share(service.desired_count, value)
    return min(max(count, 3), 200) if kind == "BOUNDED_PERCENT" else count
