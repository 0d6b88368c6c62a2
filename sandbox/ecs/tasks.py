"""The operations on tasks that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.model import StopReason
from sandbox.ecs.paging import page
from sandbox.ecs.task_shape import task_shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.instance_model import ContainerInstance
    from sandbox.ecs.model import Shape, Task
    from sandbox.ecs.state import State
    from sandbox.ecs.stopping import Stopping

MAX_DESCRIBED = 100
OTHER_FILTERS = ("family", "serviceName", "containerInstance")


class Tasks:
    """Stops, lists and shows tasks."""

    def __init__(self, state: State, stopping: Stopping) -> None:
        """``stopping`` stops tasks."""
        self._state = state
        self._stopping = stopping
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "StopTask": self._stop,
            "DescribeTasks": self._describe,
            "ListTasks": self._list,
        }

    def _stop(self, request: Request) -> Shape:
        cluster = self._state.cluster(request)
        arn = self._state.task_arn(cluster, request, request.params["task"])
        task = self._state.tasks_of(cluster).get(arn)
        if task is None:
            raise ApiError("InvalidParameterException", "The referenced task was not found.")
        text = request.params.get("reason") or "Task stopped by user"
        self._stopping.stop(task, StopReason("UserInitiated", text))
        return {"task": task_shape(task)}

    def _describe(self, request: Request) -> Shape:
        asked = request.params["tasks"]
        if not asked:
            raise ApiError("InvalidParameterException", "Tasks cannot be empty.")
        if len(asked) > MAX_DESCRIBED:
            message = f"Tasks cannot have more than {MAX_DESCRIBED} elements."
            raise ApiError("InvalidParameterException", message)
        cluster = self._state.cluster(request)
        with_tags = "TAGS" in request.params.get("include", [])
        known = self._state.tasks_of(cluster)
        arns = [self._state.task_arn(cluster, request, each) for each in asked]
        return {
            "tasks": [task_shape(known[arn], with_tags=with_tags) for arn in arns if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
        }

    def _list(self, request: Request) -> Shape:
        cluster = self._state.cluster(request)
        matching = self._matching(request)
        tasks = self._state.tasks_of(cluster).values()
        return page(request, "taskArns", [task.arn for task in tasks if matching(task)], 100)

    def _matching(self, request: Request) -> Callable[[Task], bool]:
        params = request.params
        if params.get("startedBy") and any(params.get(name) for name in OTHER_FILTERS):
            message = "startedBy cannot be combined with another filter."
            raise ApiError("InvalidParameterException", message)
        service = params.get("serviceName")
        service_arn = self._state.service(request, service).arn if service is not None else None
        status, started_by = params.get("desiredStatus", "RUNNING"), params.get("startedBy")
        family = params.get("family")
        instance, launch_type = params.get("containerInstance"), params.get("launchType")

        def matches(task: Task) -> bool:
            # What tells most tasks apart comes first: a cluster may have thousands.
            if service_arn is not None and task.service_arn != service_arn:
                return False
            if task.desired_status != status or started_by not in (None, task.started_by):
                return False
            right_family = not family or task.template.definition.family == family
            kind = "EC2" if task.instance else "FARGATE"
            there = instance is None or (task.instance and instance in _names(task.instance))
            return bool(right_family and there and launch_type in (None, kind))

        return matches


def _names(instance: ContainerInstance) -> set[str]:
    return {instance.arn, instance.id}
