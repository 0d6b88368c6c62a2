"""Task scale-in protection: GetTaskProtection, UpdateTaskProtection, and its end.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.task_shape import moment
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape, Task
    from sandbox.ecs.service_model import Service
    from sandbox.ecs.state import State
    from sandbox.elb.agenda import Agenda

_MOST_SHOWN, _MOST_CHANGED = 100, 10
_LONGEST, _USUAL = 2880, 120  # minutes


class TaskProtection:
    """Tasks of services that neither a scale-in nor a deployment stops."""

    def __init__(self, agenda: Agenda, state: State, soon: Callable[[Service], None]) -> None:
        """``soon`` lets the scheduler look at a service: what was protected may be stopped now."""
        self._agenda = agenda
        self._state = state
        self._soon = soon
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "GetTaskProtection": self._get,
            "UpdateTaskProtection": self._update,
        }

    def _get(self, request: Request) -> Shape:
        tasks, failures = self._tasks(request, _MOST_SHOWN)
        return {"protectedTasks": [_shape(task) for task in tasks], "failures": failures}

    def _update(self, request: Request) -> Shape:
        minutes = request.params.get("expiresInMinutes", _USUAL)
        if not 1 <= minutes <= _LONGEST:
            message = f"expiresInMinutes must be between 1 and {_LONGEST}."
            raise ApiError("InvalidParameterException", message)
        tasks, failures = self._tasks(request, _MOST_CHANGED)
        for task in tasks:
            self._end(task)
            if request.params["protectionEnabled"]:
                self._begin(task, 60.0 * minutes)
        return {"protectedTasks": [_shape(task) for task in tasks], "failures": failures}

    def _begin(self, task: Task, seconds: float) -> None:
        task.protected_until = self._agenda.now() + seconds
        label = f"end of the protection of {task.id}"
        task.protection = self._agenda.later(seconds, lambda: self._end(task), label)

    def _end(self, task: Task) -> None:
        if task.protection is not None:
            task.protection.cancel()
            task.protection = None
            self._soon(self._state.services[task.service_arn or ""])

    def _tasks(self, request: Request, most: int) -> tuple[list[Task], list[Shape]]:
        asked = request.params.get("tasks", [])
        if not 1 <= len(asked) <= most:
            raise ApiError("InvalidParameterException", f"Expected 1 to {most} tasks.")
        cluster = self._state.cluster(request)
        known = self._state.tasks_of(cluster)
        found, failures = [], []
        for arn in [self._state.task_arn(cluster, request, each) for each in asked]:
            task = known.get(arn)
            if task is None or task.last_status == "STOPPED":
                failures.append({"arn": arn, "reason": "MISSING"})
            elif task.service_arn is None:
                failures.append({"arn": arn, "reason": "TASK_NOT_VALID"})
            else:
                found.append(task)
        return found, failures


def _shape(task: Task) -> Shape:
    shape: Shape = {"taskArn": task.arn, "protectionEnabled": task.protected}
    if task.protected:
        shape["expirationDate"] = moment(task.protected_until)
    return shape
