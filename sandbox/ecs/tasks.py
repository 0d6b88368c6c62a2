"""The operations on tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.ecs.launcher import CAPACITY_UNAVAILABLE
from sandbox.ecs.model import Shape, StopReason
from sandbox.ecs.paging import page
from sandbox.ecs.placement import CapacityUnavailable, LaunchRefused, Origin, Placement, Spread
from sandbox.ecs.task_shape import task_shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Cluster, Task
    from sandbox.ecs.state import State
    from sandbox.ecs.stopping import Stopping
    from sandbox.ecs.templates import Templates

MAX_DESCRIBED = 100
MAX_RUN = 10
OTHER_FILTERS = ("family", "serviceName", "containerInstance")


class Tasks:
    """Runs, stops, lists and shows tasks."""

    def __init__(
        self, state: State, templates: Templates, placement: Placement, stopping: Stopping
    ) -> None:
        """``placement`` starts tasks and ``stopping`` stops them."""
        self._state = state
        self._templates = templates
        self._placement = placement
        self._stopping = stopping
        self._answers: dict[tuple[str, str], tuple[str, list[Task], list[Shape]]] = {}
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "RunTask": self._run,
            "StopTask": self._stop,
            "DescribeTasks": self._describe,
            "ListTasks": self._list,
        }

    def _run(self, request: Request) -> Shape:
        """With a client token, a second call answers for the tasks of the first one.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
        """
        cluster, token = self._state.cluster(request), request.params.get("clientToken")
        if token is None:
            return _ran(*self._start(request, cluster))
        wanted = json.dumps(request.params, sort_keys=True, default=str)
        if (cluster.arn, token) not in self._answers:
            started, failures = self._start(request, cluster)
            self._answers[cluster.arn, token] = (wanted, started, failures)
        before, started, failures = self._answers[cluster.arn, token]
        if before != wanted:
            message = "The client token was used for a request with other parameters."
            raise ApiError("ConflictException", message)
        return _ran(started, failures)

    def _start(self, request: Request, cluster: Cluster) -> tuple[list[Task], list[Shape]]:
        params = request.params
        count = params.get("count", 1)
        if not 1 <= count <= MAX_RUN:
            message = f"count must be between 1 and {MAX_RUN}."
            raise ApiError("InvalidParameterException", message)
        template = self._templates.new(request, cluster)
        origin = Origin(
            cluster_arn=cluster.arn,
            group=params.get("group", f"family:{template.definition.family}"),
            started_by=params.get("startedBy"),
            tags={tag["key"]: tag.get("value", "") for tag in params.get("tags", [])},
            overrides=params.get("overrides", {}),
        )
        spread, started, failures = Spread(), [], []
        for _ in range(count):
            try:
                started.append(self._placement.place(template, origin, spread))
            except CapacityUnavailable:
                failures.append({"reason": CAPACITY_UNAVAILABLE})
            except LaunchRefused as refused:
                raise ApiError("ClientException", refused.reason) from refused
        return started, failures

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
        wanted = {
            "desired_status": params.get("desiredStatus", "RUNNING"),
            "started_by": params.get("startedBy"),
        }
        if "serviceName" in params:
            wanted["service_arn"] = self._state.service(request, params["serviceName"]).arn
        wanted = {name: value for name, value in wanted.items() if value is not None}
        family = params.get("family")
        on_fargate = "containerInstance" not in params
        on_fargate = on_fargate and params.get("launchType", "FARGATE") == "FARGATE"

        def matches(task: Task) -> bool:
            same = all(getattr(task, name) == value for name, value in wanted.items())
            right_family = not family or task.template.definition.family == family
            return on_fargate and same and right_family

        return matches


def _ran(started: list[Task], failures: list[Shape]) -> Shape:
    return {
        "tasks": [task_shape(task, with_tags=True) for task in started],
        "failures": failures,
    }
