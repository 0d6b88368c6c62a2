"""AWS takes Fargate Spot capacity back.

The notice is the task's own state change event and, once ECS has deregistered the task, SIGTERM
(announced on 2023-02-13). https://github.com/aws/containers-roadmap/issues/2673 reports SIGTERM at
once and no deregistration: that is "broken".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.capacity import FARGATE_SPOT
from sandbox.ecs.model import STARTING, StopReason

if TYPE_CHECKING:
    from sandbox.ecs.model import Task
    from sandbox.ecs.registration import Registration
    from sandbox.ecs.settings import EcsSettings
    from sandbox.ecs.steps import Steps
    from sandbox.ecs.stopping import Stopping

SPOT_INTERRUPTION = StopReason("SpotInterruption", "Your Spot Task was interrupted.")


class Interruption:
    """Interrupts Spot tasks."""

    def __init__(
        self,
        steps: Steps,
        settings: EcsSettings,
        registration: Registration,
        stopping: Stopping,
    ) -> None:
        """``settings`` decide whether ECS deregisters in time."""
        self._steps = steps
        self._settings = settings
        self._registration = registration
        self._stopping = stopping

    def interrupt(self, task: Task) -> bool:
        """Interrupt a task; tell whether it was one that can be interrupted."""
        if task.capacity_provider != FARGATE_SPOT or not task.wanted:
            return False
        settings = self._settings
        task.kill_at = self._steps.now() + settings.spot_notice_s
        self._steps.mark_stopped(task, SPOT_INTERRUPTION)
        if task.last_status in STARTING:
            self._steps.after(settings.deactivating_s, task, self._stopping.abandon)
        elif settings.native_spot_deregistration == "works":
            self._steps.exactly_after(settings.spot_deregistration_s, task, self._deregister)
        else:
            self._stopping.signal(task)
            self._steps.exactly_after(settings.deactivating_s, task, self._stopping.leave)
            if settings.native_spot_deregistration == "late":
                delay = settings.spot_late_deregistration_s
                self._steps.beside(delay, task, self._stopping.deregister_late)
        return True

    def _deregister(self, task: Task) -> None:
        self._registration.deregister(task)
        self._steps.advance(task, "DEACTIVATING")
        wait = self._settings.spot_sigterm_s
        self._steps.exactly_after(wait, task, self._stopping.terminate)
