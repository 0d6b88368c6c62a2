"""The service scheduler's hands: it starts tasks, copes with missing capacity, and stops tasks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sandbox.ecs.hosts import NoInstance
from sandbox.ecs.model import STARTING, StopReason, Task
from sandbox.ecs.placement import CapacityUnavailable, LaunchRefused, Origin, Placement, Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.ecs.events import Events
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Tags, Template
    from sandbox.ecs.service_log import ServiceLog
    from sandbox.ecs.service_model import Deployment, Service, TaskSet
    from sandbox.ecs.settings import EcsSettings
    from sandbox.ecs.stopping import Stopping
    from sandbox.elb.agenda import Agenda

CAPACITY_UNAVAILABLE = (
    "Capacity is unavailable at this time. "
    "Please try again later or in a different availability zone"
)
FAILED_CONTAINER_CHECKS = "Task failed container health checks"
IMPAIRED_AFTER_LAUNCHES = 2


class Launcher:
    """Starts and stops tasks of services."""

    def __init__(
        self,
        agenda: Agenda,
        settings: EcsSettings,
        placement: Placement,
        stopping: Stopping,
        events: Events,
        log: ServiceLog,
    ) -> None:
        """``settings`` say how long to wait before another attempt."""
        self._agenda = agenda
        self._settings = settings
        self._placement = placement
        self._stopping = stopping
        self._events = events
        self._log = log
        self.not_launched: Callable[[Service, Deployment | TaskSet], None] = _nobody_counts

    def start(
        self,
        service: Service,
        owner: Deployment | TaskSet,
        count: int,
        again: Callable[[Service], None],
    ) -> None:
        """Start ``count`` tasks; ``again`` is called when it is worth another attempt."""
        count -= service.unplaced
        if count <= 0 or self._throttled(service, again):
            return
        peers = [t for t in service.tasks.values() if t.started_by == owner.id and t.wanted]
        spread = Spread.of(peers)
        service.throttle.round += 1
        origin = self._origin(service, owner)
        outcomes = [self._place(owner.template, origin, spread) for _ in range(count)]
        started = [each for each in outcomes if isinstance(each, Task)]
        self._log.tasks(service, "has started {} tasks", started)
        self._tell_failures(service, [each for each in outcomes if isinstance(each, Exception)])
        for _ in range(count - len(started)):
            service.unplaced += 1
            self.not_launched(service, owner)
        if service.unplaced:
            self._retry(service, self._settings.placement_retry_s, again)

    def _place(self, template: Template, origin: Origin, spread: Spread) -> Task | Exception:
        try:
            return self._placement.place(template, origin, spread)
        except (CapacityUnavailable, NoInstance, LaunchRefused) as problem:
            return problem

    def _tell_failures(self, service: Service, problems: Sequence[Exception]) -> None:
        """Each kind once, however many tasks it concerns."""
        for provider in sorted(
            {p.provider for p in problems if isinstance(p, CapacityUnavailable)}
        ):
            self._placement_failed(service, provider)
        for problem in [p for p in problems if isinstance(p, NoInstance)][:1]:
            self._no_instance(service, problem)
        for reason in sorted({p.reason for p in problems if isinstance(p, LaunchRefused)}):
            self._refused(service, reason)

    def start_daemon(
        self,
        service: Service,
        origin: Origin,
        host: ContainerInstance,
        again: Callable[[Service], None],
    ) -> None:
        """Start a daemon's task on one instance; try again later if it has no room."""
        try:
            task = self._placement.place_daemon(service.primary.template, origin, host)
        except NoInstance as error:
            self._no_instance(service, error)
            self._retry(service, self._settings.placement_retry_s, again)
        else:
            self._log.tasks(service, "has started {} tasks", [task])

    def stop(self, service: Service, tasks: Sequence[Task]) -> None:
        """Stop tasks that are too many, or belong to an older deployment, or are unhealthy."""
        for task in tasks:
            scaling = f"Scaling activity initiated by (deployment {task.started_by})"
            text = task.failed_check or scaling
            if task.failed_check == FAILED_CONTAINER_CHECKS:
                self._log.note(service, f"(task {task.id}) failed container health checks.")
            self._stopping.stop(task, StopReason("ServiceSchedulerInitiated", text))
        running = [task for task in tasks if task.last_status not in STARTING]
        pending = len(tasks) - len(running)
        if pending:
            self._log.note(service, f"stopped {pending} pending tasks.")
        self._log.tasks(service, "has stopped {} running tasks", running)

    def failed(self, service: Service, owner: Deployment | TaskSet, task: Task) -> None:
        """Note that a task failed.

        Launches whose tasks do not reach RUNNING, one after the other, slow the scheduler down:
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
        """
        owner.failed_tasks += 1
        throttle = service.throttle
        if task.last_status not in STARTING or task.launch_round <= throttle.failed_round:
            return
        throttle.failed_round = throttle.round
        throttle.failures += 1
        excess = throttle.failures - IMPAIRED_AFTER_LAUNCHES
        if excess < 0:
            return
        if excess == 0:
            self._events.service_action(service, "WARN", "SERVICE_TASK_START_IMPAIRED")
            self._log.note(service, "is unable to consistently start tasks successfully.")
        settings = self._settings
        wait = min(settings.start_backoff_s * 2 ** min(excess, 10), settings.start_backoff_max_s)
        throttle.until = self._agenda.now() + wait

    def _throttled(self, service: Service, again: Callable[[Service], None]) -> bool:
        wait = service.throttle.until - self._agenda.now()
        if wait > 0:
            self._retry(service, wait, again)
        return wait > 0

    def _retry(self, service: Service, wait: float, again: Callable[[Service], None]) -> None:
        def retry() -> None:
            service.retry, service.unplaced = None, 0
            again(service)

        if service.retry is None:
            service.retry = self._agenda.later(wait, retry, f"retry {service.name}")

    def _placement_failed(self, service: Service, provider: str) -> None:
        if self._is_said(service):
            return
        service.unplaced_said = self._agenda.now()
        _, _, _, region, account, _ = service.arn.split(":", 5)
        arn = f"arn:aws:ecs:{region}:{account}:capacity-provider/{provider}"
        self._events.service_action(
            service,
            "ERROR",
            "SERVICE_TASK_PLACEMENT_FAILURE",
            capacityProviderArns=[arn],
            reason="RESOURCE:FARGATE",
        )
        message = f"was unable to place a task. Reason: {CAPACITY_UNAVAILABLE}."
        self._log.note(service, message)

    def _is_said(self, service: Service) -> bool:
        """Whether it has been said, of what is not over, so lately that ECS does not repeat it."""
        said = service.unplaced_said
        if said is None or (service.steady_since or 0.0) > said:
            return False
        return self._agenda.now() - said < self._settings.placement_failure_repeat_s

    def _no_instance(self, service: Service, problem: NoInstance) -> None:
        self._events.service_action(
            service,
            "ERROR",
            "SERVICE_TASK_PLACEMENT_FAILURE",
            containerInstanceArns=list(problem.closest),
            reason=problem.reason,
        )
        message = f"no container instance met all of its requirements. Reason: {problem.said}"
        self._log.note(service, f"was unable to place a task because {message}.")

    def _refused(self, service: Service, reason: str) -> None:
        name = "SERVICE_TASK_CONFIGURATION_FAILURE"
        self._events.service_action(service, "ERROR", name, reason=reason)
        self._log.note(service, f"failed to launch a task with (error {reason}).")

    def tags_of(self, service: Service) -> Tags:
        """What a task is tagged with: the service's tags if they propagate, and ECS's own."""
        tags = dict(service.tags) if service.settings.get("propagateTags") == "SERVICE" else {}
        if service.settings.get("enableECSManagedTags"):
            cluster = service.cluster_arn.rsplit("/", 1)[1]
            tags |= {"aws:ecs:clusterName": cluster, "aws:ecs:serviceName": service.name}
        return tags

    def _origin(self, service: Service, owner: Deployment | TaskSet) -> Origin:
        return Origin(
            cluster_arn=service.cluster_arn,
            group=f"service:{service.name}",
            started_by=owner.id,
            service_arn=service.arn,
            tags=self.tags_of(service),
            pins=owner.pins,
            launch_round=service.throttle.round,
        )


def _nobody_counts(service: Service, owner: Deployment | TaskSet) -> None:
    raise AssertionError(f"{service.name}: nobody counts the failures of {owner.id}")


def share(count: int, percent: float) -> int:
    """Take a percentage of a count, rounded up."""
    return math.ceil(count * percent / 100)
