"""The event stream of a service, as DescribeServices shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.task_shape import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.ecs.ids import Ids
    from sandbox.ecs.model import Task
    from sandbox.ecs.service_model import Service
    from sandbox.elb.agenda import Agenda

SHOWN = 100


class ServiceLog:
    """Writes the messages, newest first."""

    def __init__(self, agenda: Agenda, ids: Ids) -> None:
        """``ids`` makes the event ids."""
        self._agenda = agenda
        self._ids = ids

    def note(self, service: Service, message: str) -> None:
        """Write a message, unless it is what the service said last."""
        text = f"(service {service.name}) {message}"
        if service.events and service.events[0]["message"] == text:
            return
        event = {"id": self._ids.uuid(), "createdAt": moment(self._agenda.now()), "message": text}
        service.events.insert(0, event)
        del service.events[SHOWN:]

    def tasks(self, service: Service, verb: str, tasks: Sequence[Task]) -> None:
        """Write which tasks have been started or stopped."""
        if tasks:
            names = " ".join(f"(task {task.id})" for task in tasks)
            self.note(service, f"{verb.format(len(tasks))}: {names}.")
