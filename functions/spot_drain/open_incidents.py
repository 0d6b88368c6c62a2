"""What was told as open and is told as over when it is: hooks and tasks that the toolkit may not touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsops import alerts, tags
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed
from ecsops.observability import logger
from spot_drain.instance_alerts import hook_denied, hook_over, stop_allowed, stop_denied
from spot_drain.instance_tasks import InstanceTasks
from spot_drain.remembered import Remembered
from spot_drain.watching import Watched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient

    from spot_drain.targets import Service

_OF_A_SERVICE = "aws:ecs:serviceName"


@dataclass(frozen=True, slots=True)
class OpenIncidents:
    """One incident for a group, however many of its instances wait; one for a service."""

    events: EventBridgeClient
    tasks: InstanceTasks
    hooks: Remembered
    stops: Remembered

    @staticmethod
    def of(
        events: EventBridgeClient, tasks: InstanceTasks, dynamodb: DynamoDBClient, table: str
    ) -> OpenIncidents:
        """Remember in the function's table."""
        hooks, stops = (Remembered(dynamodb, table, f"open-{what}") for what in ("hooks", "stops"))
        return OpenIncidents(events, tasks, hooks, stops)

    def hook_denied(self, each: Watched, reason: str, now: float) -> None:
        """An instance waits for a hook that may not be answered."""
        self.hooks.add([_hook(each)])
        alerts.publish(self.events, [hook_denied(each, reason, now)])

    def hook_over(self, each: Watched, how: str, now: float) -> None:
        """It waits no longer; the last one of its group closes the incident."""
        self.hooks.remove([_hook(each)])
        group = _hook(each).split("|")[0]
        others = [text.split("|") for text in self.hooks.all()]
        # One whose watch was lost must not hold the incident open for ever.
        if not any(name == group and float(until) > now for name, _, until in others):
            alerts.publish(self.events, [hook_over(each, how, now)])

    def stops_denied(self, services: Iterable[tuple[Service, str]], now: float) -> None:
        """Tasks of these services may not be stopped, each with IAM's words."""
        found = list(services)
        self.stops.add({f"{service.arn}|{service.route or ''}" for service, _ in found})
        alerts.publish(self.events, [stop_denied(service, why, now) for service, why in found])

    def close_stops(self, now: float) -> None:
        """Every hour: the services all of whose running tasks may be stopped now."""
        over = []
        for text in self.stops.all():
            arn, _, route = text.partition("|")
            try:
                if all(map(may_be_stopped, self._tasks_of(arn))):
                    over.append((text, stop_allowed(arn, route or None, now)))
            except CallFailed as error:
                logger.error("tasks not looked at", service=arn, reason=str(error))
        alerts.publish(self.events, [alert for _, alert in over])
        self.stops.remove(text for text, _ in over)

    def _tasks_of(self, service_arn: str) -> list[dict[str, Any]]:
        arn = parse_arn(service_arn)
        return self.tasks.tasks_of(arn.cluster or "default", arn.name)


def may_be_stopped(task: Mapping[str, Any]) -> bool:
    """Whether the task carries what the role's policy asks for."""
    given = tags.from_ecs(task.get("tags"))
    mode, _ = tags.SPOT_DRAIN.read(given, "on" if _OF_A_SERVICE in given else "off")
    return mode == "on"


def _hook(each: Watched) -> str:
    hook = each.hook
    group, until = (hook.group, hook.gives_up_at) if hook else ("", 0.0)
    return f"{group}|{each.instance_id}|{until:.0f}"
