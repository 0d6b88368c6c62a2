"""The service scheduler: looks at a service whenever something about it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.blue_green import BlueGreen
from sandbox.ecs.daemons import Daemons
from sandbox.ecs.lifecycle import Progress
from sandbox.ecs.model import STARTING, Task
from sandbox.ecs.rolling import Census, to_start, to_stop
from sandbox.ecs.service_model import Deployment, Service, TaskSet

if TYPE_CHECKING:
    from sandbox.ecs.events import Events
    from sandbox.ecs.launcher import Launcher
    from sandbox.ecs.registration import Registration
    from sandbox.ecs.rollouts import Rollouts
    from sandbox.ecs.service_log import ServiceLog
    from sandbox.ecs.settings import EcsSettings
    from sandbox.ecs.state import State
    from sandbox.ecs.task_set_scaling import TaskSetScaling
    from sandbox.elb import TargetChange
    from sandbox.elb.agenda import Agenda


class Scheduler:
    """Keeps services at their desired count."""

    def __init__(  # noqa: PLR0913 - it is where everything about services meets
        self,
        agenda: Agenda,
        settings: EcsSettings,
        state: State,
        *,
        events: Events,
        log: ServiceLog,
        launcher: Launcher,
        rollouts: Rollouts,
        task_sets: TaskSetScaling,
        registration: Registration,
    ) -> None:
        """``launcher`` starts and stops the tasks."""
        self._agenda = agenda
        self._settings = settings
        self._state = state
        self._events = events
        self._log = log
        self._launcher = launcher
        launcher.not_launched = self._not_launched
        self._rollouts = rollouts
        self._task_sets = task_sets
        self._registration = registration

    def soon(self, service: Service) -> None:
        """Look at a service in a moment; several changes are one look."""
        if service.reconciling is None:
            service.reconciling = self._agenda.later(
                self._settings.scheduler_s, lambda: self._look(service), f"schedule {service.name}"
            )

    def instances_changed(self, cluster_arn: str) -> None:
        """Instances came, went or drain: that concerns every service that may run on them."""
        for service in self._state.services.values():
            template = service.template if service.cluster_arn == cluster_arn else None
            if template and not template.on_fargate:
                service.unplaced = 0
                self.soon(service)

    def task_changed(self, task: Task) -> None:
        """A task of a service may have to be replaced, or completes a deployment."""
        service = self._state.services.get(task.service_arn or "")
        if service is None:
            return
        if task.last_status == "STOPPED":
            service.tasks.pop(task.arn, None)
            if task.instance:
                self.instances_changed(task.cluster_arn)
        elif task.last_status == "RUNNING" and task.launch_round > service.throttle.failed_round:
            service.throttle.failures, service.throttle.until = 0, 0.0
        owner = self._owner(service, task)
        leads = isinstance(owner, Deployment) and owner is service.primary
        if owner and _fails_now(task):
            self._launcher.failed(service, owner, task)
            if leads:
                self._rollouts.task_failed(service)
        elif owner and self._healthy(task):
            owner.failed_tasks = 0
            if leads:
                self._rollouts.task_healthy(service)
        self.soon(service)

    def _not_launched(self, service: Service, owner: Deployment | TaskSet) -> None:
        """A task that cannot be launched is a failed one, whoever is to blame.

        https://github.com/aws/containers-roadmap/issues/1273
        """
        owner.failed_tasks += 1
        if isinstance(owner, Deployment) and owner is service.primary:
            self._rollouts.task_failed(service)

    def target_changed(self, change: TargetChange) -> None:
        """A load balancer has another opinion about a task."""
        task = self._registration.task_at(change.group_arn, change.target)
        if task is None or task.service_arn is None or not task.wanted:
            return
        if change.state == "unhealthy":
            self._fails_health_checks(task, change)
        elif change.state == "healthy":
            self.task_changed(task)

    def _fails_health_checks(self, task: Task, change: TargetChange) -> None:
        service = self._state.services[task.service_arn or ""]
        message = (
            f"(task {task.id}) (port {change.target[1]}) is unhealthy in "
            f"(target-group {change.group_arn}) due to (reason {change.description})."
        )
        self._log.note(service, message)
        grace = service.settings.get("healthCheckGracePeriodSeconds", 0)
        grace_left = task.times.get("startedAt", self._agenda.now()) + grace - self._agenda.now()

        def judge() -> None:
            if task.wanted and not self._registration.in_service(task):
                reason = f"Task failed ELB health checks in (target-group {change.group_arn})"
                task.failed_check = reason
                self.soon(service)

        self._agenda.later(max(grace_left, 0.0), judge, f"grace period of {task.id}")

    def _look(self, service: Service) -> None:
        service.reconciling = None
        if service.status == "INACTIVE":
            return
        if service.status == "DRAINING":
            self._drain(service)
        elif service.controller == "ECS":
            self._deploy(service)
        else:
            steady = self._task_sets.scale(service, self._healthy, self.soon)
            self._report(service, steady=steady)

    def _deploy(self, service: Service) -> None:
        self._rollouts.settle(service)
        if service.primary.template.daemon:
            progress = self._keep_daemons(service)
        elif service.current.configuration["strategy"] == "ROLLING":
            progress = self._roll(service)
        else:
            progress = self._blue_green(service)
        steady = progress.scaled_up and progress.alone
        self._rollouts.advance(service, progress, steady=steady)
        self._report(service, steady=steady and not service.current.ongoing)

    def _roll(self, service: Service) -> Progress:
        census = self._census(service)
        if service.primary.rollout_state != "FAILED" and service.current.scales:
            count = to_start(census, service.configuration)
            self._launcher.start(service, service.primary, count, self.soon)
        self._launcher.stop(service, to_stop(census, service.configuration))
        self._rollouts.retire(service)
        alone = len(service.deployments) == 1
        return Progress(scaled_up=census.steady and alone, alone=alone)

    def _keep_daemons(self, service: Service) -> Progress:
        complete, alone = Daemons(self._state, self._launcher).look(service, self.soon)
        self._rollouts.retire(service)
        return Progress(scaled_up=complete and alone, alone=len(service.deployments) == 1)

    def _blue_green(self, service: Service) -> Progress:
        self._rollouts.retire(service)
        return BlueGreen(self._launcher).look(service, self._healthy, self.soon)

    def _census(self, service: Service) -> Census:
        wanted = [task for task in service.tasks.values() if task.wanted]
        primary = service.primary.id
        current = {
            t.arn: t
            for t in wanted
            if t.started_by == primary and not t.failed_check and not _draining(t)
        }
        return Census(
            desired=service.desired_count,
            current=tuple(current.values()),
            stale=tuple(task for task in wanted if task.arn not in current),
            draining=frozenset(task.arn for task in wanted if _draining(task)),
            healthy=frozenset(t.arn for t in wanted if self._healthy(t) or self._held(t)),
        )

    def _report(self, service: Service, *, steady: bool) -> None:
        if steady and not service.steady:
            self._steady(service)
        service.steady = steady

    def _steady(self, service: Service) -> None:
        self._events.service_action(service, "INFO", "SERVICE_STEADY_STATE")
        self._log.note(service, "has reached a steady state.")
        now = self._agenda.now()
        service.steady_since = now

        def repeat() -> None:
            if service.steady and service.steady_since == now and service.status == "ACTIVE":
                self._steady(service)

        self._agenda.later(self._settings.steady_state_repeat_s, repeat, "steady state")

    def _drain(self, service: Service) -> None:
        self._launcher.stop(service, [task for task in service.tasks.values() if task.wanted])
        if all(t.last_status in {"STOPPING", "DEPROVISIONING"} for t in service.tasks.values()):
            service.status = "INACTIVE"

    def _healthy(self, task: Task) -> bool:
        """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html."""
        if not task.wanted or task.last_status != "RUNNING" or task.failed_check:
            return False
        if not task.template.load_balancers:
            return task.settled
        checked = any("healthCheck" in each.definition for each in task.containers)
        return self._registration.in_service(task) and (task.settled or not checked)

    def _held(self, task: Task) -> bool:
        """Somebody else has deregistered a task of an instance that drains: ECS does not stop it for that.

        Not documented; the worst case for whoever relies on ECS.
        """
        if not _draining(task) or not task.wanted or task.last_status != "RUNNING":
            return False
        return self._registration.has_left(task) and not task.failed_check

    @staticmethod
    def _owner(service: Service, task: Task) -> Deployment | TaskSet | None:
        owners: list[Deployment | TaskSet] = [*service.deployments, *service.task_sets]
        return next((each for each in owners if each.id == task.started_by), None)


def _draining(task: Task) -> bool:
    """Whether its container instance takes no tasks any more."""
    return task.instance is not None and task.instance.status != "ACTIVE"


def _fails_now(task: Task) -> bool:
    """A task fails at the moment when it is given up: it never ran, or fails health checks.

    One that ends by itself after it was RUNNING is no failure:
    https://github.com/aws/containers-roadmap/issues/1206
    """
    if task.stop is None:
        return False
    if task.stop.code in {"TaskFailedToStart", "EssentialContainerExited"}:
        return task.last_status in STARTING
    return task.failed_check is not None and task.last_status == "RUNNING"
