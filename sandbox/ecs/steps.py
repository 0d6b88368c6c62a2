"""What all steps of a task's life have in common: a new version, an event, the next step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.clock import Appointment
    from sandbox.ecs.events import Events
    from sandbox.ecs.model import LastStatus, StopReason, Task
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


class Steps:
    """Moves tasks on; ``changed`` hears of every change after its event is on its way."""

    def __init__(
        self,
        agenda: Agenda,
        settings: EcsSettings,
        rng: random.Random,
        events: Events,
        changed: Callable[[Task], None],
    ) -> None:
        """``rng`` decides the jitter of the durations."""
        self._agenda = agenda
        self._settings = settings
        self._rng = rng
        self._events = events
        self.changed = changed

    def now(self) -> float:
        """Tell the time."""
        return self._agenda.now()

    def touch(self, task: Task) -> None:
        """Something about the task changed: that is a new version and an event."""
        task.version += 1
        self._events.task_changed(task)
        self.changed(task)

    def advance(self, task: Task, status: LastStatus, *times: str) -> None:
        """Bring a task into another status and note the ``times`` at which this happened."""
        task.last_status = status
        task.times |= dict.fromkeys(times, self.now())
        self.touch(task)

    def mark_stopped(self, task: Task, reason: StopReason) -> None:
        """From here on the task is meant to stop; it still has its status, and may serve."""
        task.desired_status = "STOPPED"
        task.stop = reason
        task.times["stoppingAt"] = self.now()
        if task.next_step:
            task.next_step.cancel()
        self.touch(task)

    def after(self, delay: float, task: Task, step: Callable[[Task], None]) -> None:
        """Take the next step in about ``delay`` seconds."""
        jitter = self._settings.jitter
        self.exactly_after(delay * self._rng.uniform(1 - jitter, 1 + jitter), task, step)

    def exactly_after(self, delay: float, task: Task, step: Callable[[Task], None]) -> None:
        """Take the next step in ``delay`` seconds; there is only one next step."""
        if task.next_step:
            task.next_step.cancel()
        task.next_step = self.beside(delay, task, step)

    def beside(self, delay: float, task: Task, step: Callable[[Task], None]) -> Appointment:
        """Do something in ``delay`` seconds whatever the next step is."""
        return self._agenda.later(max(delay, 0.0), partial(step, task), f"task {task.id}")
