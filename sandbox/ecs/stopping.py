"""From "meant to stop" to STOPPED."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from sandbox.ecs.app_logs import leading_container
from sandbox.ecs.model import STARTING, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.app_logs import AppLogs
    from sandbox.ecs.model import Container, Task
    from sandbox.ecs.network import Network
    from sandbox.ecs.registration import Registration
    from sandbox.ecs.settings import EcsSettings
    from sandbox.ecs.steps import Steps

SIGKILL_EXIT_CODE = 137
FARGATE_MAX_STOP_TIMEOUT_S = 120


class Stopping:
    """Stops tasks."""

    def __init__(
        self,
        steps: Steps,
        settings: EcsSettings,
        network: Network,
        registration: Registration,
        logs: AppLogs,
        gone: Callable[[Task], None],
    ) -> None:
        """``gone`` is told of a task that has become STOPPED."""
        self._steps = steps
        self._settings = settings
        self._network = network
        self._registration = registration
        self._logs = logs
        self._gone = gone

    def stop(self, task: Task, reason: StopReason) -> None:
        """Stop a task in order: out of the load balancers first, SIGTERM once they have drained.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
        """
        if not task.wanted:
            return
        self._steps.mark_stopped(task, reason)
        if task.lost:
            self._registration.deregister(task)
        elif task.last_status in STARTING:
            self._steps.after(self._settings.deactivating_s, task, self.abandon)
        else:
            self._steps.after(self._settings.deactivating_s, task, self._deactivate)

    def exit_by_itself(self, task: Task) -> None:
        """The essential container ends without having been asked to."""
        if not task.wanted:
            return
        reason = StopReason("EssentialContainerExited", "Essential container in task exited")
        now, first = self._steps.now(), leading_container(task)
        for container in task.containers:
            container.exit_code = task.app.sigterm_exit_code
        first.exit_code, first.reason = task.app.exit_code, task.app.exit_reason
        self._logs.write(task, task.app.last_words)
        self._registration.silence(task)
        self._steps.mark_stopped(task, reason)
        self._steps.after(self._settings.deactivating_s, task, partial(self._clean_up, at=now))

    def _clean_up(self, task: Task, at: float) -> None:
        self._registration.deregister(task)
        self._exited(task, at)

    def die(self, task: Task, reason: StopReason) -> None:
        """The machine under the task goes away: no SIGTERM, and ECS learns of it later.

        Until then the task counts as running, and load balancers send requests to it.
        """
        if task.next_step:
            task.next_step.cancel()
        if task.last_status == "STOPPED":
            return
        task.lost = True
        self._registration.silence(task)
        at = self._steps.now()
        wait = self._settings.host_lost_s
        self._steps.beside(wait, task, partial(self._found_dead, reason=reason, at=at))

    def _found_dead(self, task: Task, reason: StopReason, at: float) -> None:
        for container in task.containers:
            container.exit_code = container.exit_code if task.exits_at else SIGKILL_EXIT_CODE
        if task.wanted:
            self._steps.mark_stopped(task, reason)
        task.times.setdefault("executionStoppedAt", at)
        for container in task.containers:
            container.last_status = "STOPPED"
        self._stopped(task)

    def abandon(self, task: Task) -> None:
        """Stop a task whose containers have never run."""
        self._registration.deregister(task)
        self._deprovision(task)

    def leave(self, task: Task) -> None:
        """DEACTIVATING without a look at the load balancers."""
        self._steps.advance(task, "DEACTIVATING")
        self._steps.exactly_after(self._settings.deactivating_s, task, self.terminate)

    def terminate(self, task: Task) -> None:
        """STOPPING: the containers have SIGTERM, and the task waits for their end."""
        exits_at = self.signal(task)
        self._steps.advance(task, "STOPPING")
        wait = exits_at - self._steps.now()
        self._steps.exactly_after(wait, task, partial(self._exited, at=exits_at))

    def signal(self, task: Task) -> float:
        """Send SIGTERM, once; SIGKILL follows after each container's stopTimeout.

        Answers when the last container ends.
        """
        if task.exits_at is not None:
            return task.exits_at
        now = self._steps.now()
        left = task.kill_at - now if task.kill_at else math.inf
        exits_in = 0.0
        for container in task.containers:
            timeout = min(self._stop_timeout(task, container), left)
            killed = task.app.stops_in_s > timeout
            container.exit_code = SIGKILL_EXIT_CODE if killed else task.app.sigterm_exit_code
            exits_in = max(exits_in, min(task.app.stops_in_s, timeout))
        task.exits_at = now + exits_in
        silent_in = 0.0 if task.app.accepts_until == "sigterm" else exits_in
        self._steps.beside(silent_in, task, self._registration.silence)
        return task.exits_at

    def deregister_late(self, task: Task) -> None:
        """Deregister a task whose containers have had SIGTERM before."""
        if task.last_status != "STOPPED":
            self._registration.deregister(task)

    def _deactivate(self, task: Task) -> None:
        drains_in = self._registration.deregister(task)
        self._steps.advance(task, "DEACTIVATING")
        wait = drains_in + self._settings.deactivating_s
        self._steps.exactly_after(wait, task, self.terminate)

    def _stop_timeout(self, task: Task, container: Container) -> float:
        timeout = container.definition.get("stopTimeout", self._settings.stop_timeout_s)
        return float(timeout if task.instance else min(timeout, FARGATE_MAX_STOP_TIMEOUT_S))

    def _exited(self, task: Task, at: float) -> None:
        task.times["executionStoppedAt"] = at
        self._registration.silence(task)
        self._deprovision(task)

    def _deprovision(self, task: Task) -> None:
        for container in task.containers:
            container.last_status = "STOPPED"
        self._steps.advance(task, "DEPROVISIONING")
        self._steps.after(self._settings.deprovisioning_s, task, self._stopped)

    def _stopped(self, task: Task) -> None:
        self._registration.deregister(task)
        if task.address:
            self._network.release(task.address)
        if task.instance:
            task.instance.release(task)
        for attachment in task.attachments:
            attachment.status = "DELETED"
        task.next_step = None
        self._steps.advance(task, "STOPPED", "stoppedAt")
        self._gone(task)
