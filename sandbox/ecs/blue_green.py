"""Blue and green side by side: the scheduler of the strategies that shift traffic.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.lifecycle import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.launcher import Launcher
    from sandbox.ecs.model import Task
    from sandbox.ecs.service_model import Deployment, Service


class BlueGreen:
    """Keeps every deployment in full strength until the one that is left behind is cleaned up."""

    def __init__(self, launcher: Launcher) -> None:
        """``launcher`` starts and stops the tasks."""
        self._launcher = launcher

    def look(
        self,
        service: Service,
        healthy: Callable[[Task], bool],
        again: Callable[[Service], None],
    ) -> Progress:
        """Start and stop what is needed; tell how far the primary deployment is."""
        for deployment in list(service.deployments):
            sound = _sound(service, deployment)
            target = service.desired_count if _stays(service, deployment) else 0
            if _starts(service, deployment):
                self._launcher.start(service, deployment, target - len(sound), again)
            free = [task for task in sound if not task.protected]
            surplus = sorted(free, key=healthy)[: max(len(sound) - target, 0)]
            unsound = [t for t in _wanted(service, deployment) if t.failed_check]
            self._launcher.stop(service, [*unsound, *surplus])
        green = _sound(service, service.primary)
        scaled_up = len(green) == service.desired_count and all(healthy(task) for task in green)
        return Progress(scaled_up=scaled_up, alone=len(service.deployments) == 1)


def _stays(service: Service, deployment: Deployment) -> bool:
    history = service.current
    cleaning = history.stage is not None and history.stage.name == "CLEAN_UP"
    return deployment is service.primary or (history.ongoing and not cleaning)


def _starts(service: Service, deployment: Deployment) -> bool:
    if deployment.rollout_state == "FAILED":
        return False
    return deployment is not service.primary or service.current.scales


def _wanted(service: Service, deployment: Deployment) -> list[Task]:
    tasks = service.tasks.values()
    return [task for task in tasks if task.wanted and task.started_by == deployment.id]


def _sound(service: Service, deployment: Deployment) -> list[Task]:
    return [task for task in _wanted(service, deployment) if not task.failed_check]
