"""The scheduler of the CODE_DEPLOY and EXTERNAL controllers: each task set at its own scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.launcher import Launcher, share

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.events import Events
    from sandbox.ecs.model import Task
    from sandbox.ecs.service_model import Service, TaskSet
    from sandbox.elb.agenda import Agenda


class TaskSetScaling:
    """Keeps task sets at their share of the service's desired count."""

    def __init__(self, agenda: Agenda, launcher: Launcher, events: Events) -> None:
        """``launcher`` starts and stops the tasks."""
        self._agenda = agenda
        self._launcher = launcher
        self._events = events

    def scale(
        self,
        service: Service,
        healthy: Callable[[Task], bool],
        again: Callable[[Service], None],
    ) -> bool:
        """Start and stop what is needed; tell whether every task set is steady."""
        for task_set in list(service.task_sets):
            tasks = [t for t in service.tasks.values() if t.started_by == task_set.id]
            wanted = [task for task in tasks if task.wanted]
            sound = [task for task in wanted if not task.failed_check]
            target = computed_desired_count(service, task_set)
            self._launcher.start(service, task_set, target - len(sound), again)
            free = [task for task in sound if not task.protected]
            surplus = sorted(free, key=healthy)[: max(len(sound) - target, 0)]
            unhealthy = [task for task in wanted if task.failed_check]
            self._launcher.stop(service, [*unhealthy, *surplus])
            if task_set.status == "DRAINING" and not tasks:
                service.task_sets.remove(task_set)
                continue
            steady = len(wanted) == target and all(healthy(task) for task in wanted)
            self._report(service, task_set, steady=steady)
        states = [each.steady_since is not None for each in service.task_sets]
        return bool(states) and all(states)

    def _report(self, service: Service, task_set: TaskSet, *, steady: bool) -> None:
        if steady and task_set.steady_since is None:
            task_set.steady_since = self._agenda.now()
            self._events.service_action(service, "INFO", "TASKSET_STEADY_STATE")
        elif not steady:
            task_set.steady_since = None


def computed_desired_count(service: Service, task_set: TaskSet) -> int:
    """Tell a task set's share of the desired count, rounded up."""
    if task_set.status == "DRAINING":
        return 0
    return share(service.desired_count, task_set.scale_percent)
