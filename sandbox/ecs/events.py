"""The events that ECS sends to EventBridge."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

import msgspec

from sandbox.ecs.instance_shape import instance_shape
from sandbox.ecs.task_shape import ENI, task_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Shape, Task
    from sandbox.ecs.service_model import Deployment, HookRun, Service, ServiceDeployment
    from sandbox.elb.agenda import Agenda

EventType = Literal["INFO", "WARN", "ERROR"]
# What the documented samples of task events do not show.
ONLY_IN_THE_API = ("tags", "platformFamily")


def timestamp(moment: datetime, timespec: str = "milliseconds") -> str:
    """Write a time as ECS does in events."""
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


class Events:
    """Puts events on the bus; ``emit`` runs after the call or step that caused the event."""

    def __init__(self, agenda: Agenda, emit: Callable[[Shape], None]) -> None:
        """``emit`` takes one event."""
        self._agenda = agenda
        self._emit = emit

    def task_changed(self, task: Task) -> None:
        """ECS Task State Change.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
        """
        shape = task_shape(task)
        for name in ONLY_IN_THE_API:
            shape.pop(name, None)
        for attachment in shape["attachments"]:
            if attachment["type"] == ENI:
                attachment["type"] = "eni"
        if task.health_status == "UNKNOWN":
            del shape["healthStatus"]
            for container in shape["containers"]:
                del container["healthStatus"]
        detail = {
            name: timestamp(value) if isinstance(value, datetime) else value
            for name, value in shape.items()
        }
        detail["updatedAt"] = timestamp(self._now())
        self._send("ECS Task State Change", task.arn, detail)

    def instance_changed(self, instance: ContainerInstance) -> None:
        """ECS Container Instance State Change; the documented sample has no task counts.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_container_instance_events.html
        """
        shape = instance_shape(instance)
        for name in ("tags", "attachments", "runningTasksCount", "pendingTasksCount"):
            del shape[name]
        detail = {
            name: timestamp(value) if isinstance(value, datetime) else value
            for name, value in shape.items()
        }
        more = {"clusterArn": instance.cluster_arn, "updatedAt": timestamp(self._now())}
        self._send("ECS Container Instance State Change", instance.arn, detail | more)

    def service_action(
        self, service: Service, event_type: EventType, name: str, **more: str | list[str]
    ) -> None:
        """ECS Service Action; these have no version.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
        """
        detail = {
            "eventType": event_type,
            "eventName": name,
            "clusterArn": service.cluster_arn,
            **more,
            "createdAt": timestamp(self._now()),
        }
        self._send("ECS Service Action", service.arn, detail)

    def deployment_changed(
        self, service: Service, deployment: Deployment, name: str, reason: str
    ) -> None:
        """ECS Deployment State Change.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        """
        detail = {
            "eventType": "ERROR" if name == "SERVICE_DEPLOYMENT_FAILED" else "INFO",
            "eventName": name,
            "deploymentId": deployment.id,
            "updatedAt": timestamp(self._now(), "seconds"),
            "reason": reason,
        }
        self._send("ECS Deployment State Change", service.arn, detail)

    def hook_changed(self, service: Service, history: ServiceDeployment, hook: HookRun) -> None:
        """ECS Hook State Change; ``updatedAt`` has nanoseconds.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_hook_state_change_events.html
        """
        failed = hook.status in {"FAILED", "TIMED_OUT"}
        now = timestamp(self._now(), "microseconds").removesuffix("Z")
        detail = {
            "eventType": "ERROR" if failed else "INFO",
            "eventName": f"HOOK_{hook.status}",
            "hookId": hook.id,
            "hookType": hook.target_type,
            "expiresAt": timestamp(datetime.fromtimestamp(hook.expires_at, UTC), "seconds"),
            "lifecycleStage": hook.stage,
            "clusterArn": service.cluster_arn,
            "serviceArn": service.arn,
            "serviceDeploymentArn": history.arn,
            "updatedAt": f"{now}000Z",
        }
        self._send("ECS Hook State Change", history.arn, detail)

    def _send(self, detail_type: str, resource: str, detail: Shape) -> None:
        _, _, _, region, account, _ = resource.split(":", 5)
        event = {
            "detail-type": detail_type,
            "source": "aws.ecs",
            "account": account,
            "time": timestamp(self._now(), "seconds"),
            "region": region,
            "resources": [resource],
            "detail": detail,
        }
        # A copy as it goes over the wire: a tenth of the time of a deep one.
        sent = msgspec.json.decode(msgspec.json.encode(event))
        self._agenda.publish(partial(self._emit, sent), f"emit {detail_type}")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._agenda.now(), UTC)
