"""DAEMON services: one task on every container instance; the first to come and the last to go.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.placement import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.launcher import Launcher
    from sandbox.ecs.model import Task
    from sandbox.ecs.service_model import Service
    from sandbox.ecs.state import State


class Daemons:
    """Keeps a task of the primary deployment on each instance that takes tasks."""

    def __init__(self, state: State, launcher: Launcher) -> None:
        """``launcher`` starts and stops the tasks."""
        self._state = state
        self._launcher = launcher

    def look(self, service: Service, again: Callable[[Service], None]) -> tuple[bool, bool]:
        """Start and stop what is due; whether all run, and whether no older deployment has any."""
        primary = service.primary
        hosts = self._state.instances_of(service.cluster_arn)
        wanted = [task for task in service.tasks.values() if task.wanted]
        held = {t.instance.arn for t in wanted if t.instance and t.started_by == primary.id}
        open_hosts = [host for host in hosts if host.schedulable]
        service.desired_count = len(open_hosts)
        missing = [host for host in open_hosts if host.arn not in held]
        stale = [t for t in wanted if t.started_by != primary.id or t.failed_check or _last(t)]
        if stale:
            self._launcher.stop(service, stale)
        origin = Origin(
            cluster_arn=service.cluster_arn,
            group=f"service:{service.name}",
            started_by=primary.id,
            service_arn=service.arn,
            tags=self._launcher.tags_of(service),
        )
        for host in missing:
            self._launcher.start_daemon(service, origin, host, again)
        running = [t for t in wanted if t.last_status == "RUNNING" and t.started_by == primary.id]
        return len(running) >= len(open_hosts) and not missing, not stale


def _last(task: Task) -> bool:
    host: ContainerInstance | None = task.instance
    if host is None or host.status != "DRAINING":
        return False
    return all(other.template.daemon for other in host.tasks.values())
