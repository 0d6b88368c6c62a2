"""How a deployment begins, and how it ends: completed, stopped, failed, or rolled back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.ecs import breaker, failures
from sandbox.ecs.deployment_alarms import alarms_of
from sandbox.ecs.lifecycle import Progress
from sandbox.ecs.rollback import Rollback
from sandbox.ecs.service_model import Deployment, ServiceDeployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.announcements import Announcements
    from sandbox.ecs.failures import Failure
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.lifecycle import Lifecycle
    from sandbox.ecs.model import Template
    from sandbox.ecs.revisions import Revisions
    from sandbox.ecs.service_model import Service, ServiceDeploymentStatus
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


class Rollouts:
    """Keeps the deployments of services that use the ECS deployment controller."""

    def __init__(
        self,
        agenda: Agenda,
        settings: EcsSettings,
        ids: Ids,
        announcements: Announcements,
        revisions: Revisions,
        lifecycle: Lifecycle,
    ) -> None:
        """``again`` has to be set: it makes the scheduler look at a service."""
        self._agenda = agenda
        self._settings = settings
        self._ids = ids
        self._announcements = announcements
        self._revisions = revisions
        self._lifecycle = lifecycle
        self._rollback = Rollback(agenda, settings, announcements)
        self.again: Callable[[Service], None] = _nobody_looks

    def begin(self, service: Service, template: Template) -> None:
        """Start a deployment; the one before becomes ACTIVE until its tasks are gone."""
        now = self._agenda.now()
        source = tuple(each.revision_arn for each in service.deployments)
        for previous in service.deployments:
            previous.status = "ACTIVE"
        if service.configuration["strategy"] != "ROLLING" and service.deployments:
            blue = service.deployments[0].template
            template = replace(template, on_alternate=not blue.on_alternate)
        service.template = template
        pins = self._revisions.resolve(template)
        deployment = Deployment(
            id=f"ecs-svc/{self._ids.number()}",
            template=template,
            revision_arn=self._revisions.add(service, template, pins, self._ids.number()),
            created_at=now,
            updated_at=now,
            pins=pins,
        )
        service.deployments.insert(0, deployment)
        self._add_history(service, deployment, source)
        self._announcements.begun(service, deployment)

    def _add_history(
        self, service: Service, deployment: Deployment, source: tuple[str, ...]
    ) -> None:
        for entry in service.service_deployments:
            if entry.ongoing:
                entry.status = "STOP_REQUESTED"
        prefix = service.arn.replace(":service/", ":service-deployment/")
        history = ServiceDeployment(
            arn=f"{prefix}/{self._ids.service_deployment()}",
            deployment_id=deployment.id,
            target_revision=deployment.revision_arn,
            source_revisions=source,
            configuration=dict(service.configuration),
            created_at=deployment.created_at,
            updated_at=deployment.created_at,
        )
        service.service_deployments.insert(0, history)

    def settle(self, service: Service) -> None:
        """Do what has been asked for since the scheduler's last look."""
        for entry in service.service_deployments:
            if entry.status == "STOP_REQUESTED":
                self._end(entry, "STOPPED")
                entry.stopped_at = entry.finished_at
        history = service.current
        if history.status == "PENDING":
            history.status = "IN_PROGRESS"
            history.started_at = history.updated_at = self._agenda.now()
            self._lifecycle.begin(service, self.again, self._alarm_triggered)
        if history.ongoing:  # as far as it gets without another task
            self._lifecycle.advance(service, Progress(scaled_up=False, alone=False), self.again)

    def advance(self, service: Service, progress: Progress, *, steady: bool) -> None:
        """Take the current service deployment through its stages, to its end if it is there."""
        history = service.current
        if not history.ongoing or history.status == "STOP_REQUESTED":
            return
        done = self._lifecycle.advance(service, progress, self.again)
        failed = next((hook for hook in history.hooks if hook.failure), None)
        if failed:
            announced = self._settings.announces_failed_hooks
            self.fail(
                service,
                failures.hook_failed(failed.stage, failed.failure or "", announced=announced),
            )
        elif done and steady:
            self._complete(service, history)
        elif history.status == "ROLLBACK_REQUESTED":
            self.fail(service, failures.stop_requested())

    def _complete(self, service: Service, history: ServiceDeployment) -> None:
        deployment = service.primary
        deployment.rollout_state = "COMPLETED"
        rolled_back = history.deployment_id != deployment.id
        self._end(history, "ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
        self._announcements.completed(service, deployment)

    def complete_now(self, service: Service) -> None:
        """The last task of the deployment is healthy at this very moment, and every stage is done."""
        if service.current.ongoing:
            self._lifecycle.skip(service.current)
            self._complete(service, service.current)

    def task_failed(self, service: Service) -> None:
        """A task of the primary deployment failed: ECS looks whether that is too many."""
        history = service.current
        if history.ongoing and breaker.count_failure(service, history):
            wait = self._settings.breaker_s
            self._agenda.later(wait, lambda: self._break(service, history), "circuit breaker")

    def task_healthy(self, service: Service) -> None:
        """A task of the primary deployment is healthy."""
        breaker.forgive(service.current)

    def _break(self, service: Service, history: ServiceDeployment) -> None:
        failed = service.primary.rollout_state == "FAILED"
        stale = history is not service.current or not history.ongoing or failed
        if stale or not breaker.exceeded(service, history):
            return
        history.tripped = True
        settings = breaker.breaker_of(history.configuration)
        self.fail(service, failures.breaker_tripped(rollback=settings["rollback"]))

    def _alarm_triggered(self, service: Service) -> None:
        alarms = alarms_of(service.current.configuration)
        self.fail(service, failures.alarm_triggered(rollback=alarms["rollback"]))

    def fail(self, service: Service, failure: Failure) -> None:
        """The primary deployment has failed; a rollback that fails is not rolled back again."""
        history, deployment = service.current, service.primary
        deployment.rollout_state = "FAILED"
        self._announcements.failed(service, deployment, failure)
        if history.status == "ROLLBACK_IN_PROGRESS":
            self._end(history, "ROLLBACK_FAILED")
            history.status_reason = failure.status_reason
        elif failure.rollback:
            if self._rollback.begin(service, failure):
                self._lifecycle.begin_rollback(service, self.again)
            else:
                self._end(history, "ROLLBACK_FAILED")
                history.status_reason = failures.NO_CANDIDATE
        else:
            history.status = "STOP_REQUESTED"
            history.status_reason = failure.stopped_reason()
        self.again(service)

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

    def _end(self, history: ServiceDeployment, status: ServiceDeploymentStatus) -> None:
        history.status = status
        history.finished_at = history.updated_at = self._agenda.now()


def _nobody_looks(service: Service) -> None:
    raise AssertionError(f"{service.name}: nobody has connected the scheduler")
