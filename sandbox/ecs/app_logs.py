"""What the applications write, where the awslogs driver puts it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.ecs.model import Container, Shape, Task
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda

NO_LOG_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried "
    "1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log "
    "group does not exist. : exit status 1"
)


@dataclass(frozen=True, slots=True)
class LogTarget:
    """A log stream, and whether its group may be created."""

    region: str
    group: str
    stream: str
    creates_group: bool


class LogStore(Protocol):
    """CloudWatch Logs, as the log driver uses it."""

    def open(self, target: LogTarget) -> bool:
        """Create the stream; False when there is no such group."""
        ...

    def write(self, target: LogTarget, at: float, message: str) -> None:
        """Write one line."""
        ...


class AppLogs:
    """Writes the lines of applications; without a ``store`` nobody reads them."""

    def __init__(self, agenda: Agenda, settings: EcsSettings) -> None:
        """``settings`` say how long CloudWatch takes to show a line."""
        self._agenda = agenda
        self._settings = settings
        self.store: LogStore | None = None

    def begin(self, task: Task) -> str | None:
        """Start the log drivers; answer why not when a log group is missing."""
        if self.store is None:
            return None
        for container in task.containers:
            target = _target(task, container)
            if target and not self.store.open(target):
                return NO_LOG_GROUP
        return None

    def write(self, task: Task, lines: Iterable[str]) -> None:
        """Write lines of the task's leading container."""
        store, target = self.store, _target(task, leading_container(task))
        if store is None or target is None:
            return
        at = self._agenda.now()
        for index, line in enumerate(lines):
            write = partial(store.write, target, at + index / 1000, line)
            self._agenda.later(self._settings.log_ingestion_s, write, f"log of {task.id}")


def leading_container(task: Task) -> Container:
    """The container of which the behaviour of the application speaks."""
    named = [each for each in task.containers if each.definition["name"] == task.app.container]
    essential = [each for each in task.containers if each.definition.get("essential", True)]
    return (named or essential or task.containers)[0]


def _target(task: Task, container: Container) -> LogTarget | None:
    configuration: Shape = container.definition.get("logConfiguration", {})
    if configuration.get("logDriver") != "awslogs":
        return None
    options = configuration.get("options", {})
    prefix = options.get("awslogs-stream-prefix")
    name = container.definition["name"]
    return LogTarget(
        region=options.get("awslogs-region", task.arn.split(":")[3]),
        group=options.get("awslogs-group", ""),
        stream=f"{prefix}/{name}/{task.id}" if prefix else container.runtime_id,
        creates_group=options.get("awslogs-create-group") == "true",
    )
