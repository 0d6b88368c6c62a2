"""Which container instance a task is placed on, and why none will do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Template
    from sandbox.ecs.state import State

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
_LACKS = {
    "RESOURCE:CPU": "has insufficient CPU units available",
    "RESOURCE:MEMORY": "has insufficient memory available",
    "RESOURCE:PORTS": "is already using a port required by your task",
}


class NoInstance(Exception):
    """No container instance met all requirements."""

    def __init__(self, reason: str, closest: tuple[str, ...]) -> None:
        """Keep the reason as ECS words it, and the instances that came closest."""
        super().__init__(reason)
        self.reason = reason
        self.closest = closest

    @property
    def said(self) -> str:
        """The reason as the service's own events give it."""
        if not self.closest:
            return "No Container Instances were found in your cluster"
        instance = self.closest[0].rpartition("/")[2]
        return f"The closest matching (container-instance {instance}) {_LACKS[self.reason]}"


class Hosts:
    """Spreads tasks over Availability Zones, then over instances, which is ECS's default.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
    """

    def __init__(self, state: State) -> None:
        """``state`` knows the instances."""
        self._state = state

    def choose(
        self, template: Template, provider: str | None, cluster_arn: str, zones: Counter[str]
    ) -> ContainerInstance:
        """Choose an instance with room, or raise ``NoInstance``."""
        open_ones = [
            each
            for each in self._state.instances_of(cluster_arn)
            if each.schedulable and provider in (None, each.capacity_provider)
        ]
        lacks = {each.arn: each.lacks(template.definition) for each in open_ones}
        room = [each for each in open_ones if lacks[each.arn] is None]
        if not room:
            raise _short(lacks.items())
        return min(room, key=lambda each: (zones[each.availability_zone], len(each.tasks)))

    def check(self, template: Template, instance: ContainerInstance) -> None:
        """Raise ``NoInstance`` unless a daemon's task fits on the very instance."""
        if reason := instance.lacks(template.definition):
            raise NoInstance(reason, (instance.arn,))


def _short(lacks: Iterable[tuple[str, str | None]]) -> NoInstance:
    for reason in ("RESOURCE:PORTS", "RESOURCE:MEMORY", "RESOURCE:CPU"):
        closest = tuple(arn for arn, lack in lacks if lack == reason)
        if closest:
            return NoInstance(reason, closest[:1])
    return NoInstance("EMPTY CAPACITY", ())
