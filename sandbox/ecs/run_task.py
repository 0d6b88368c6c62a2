"""RunTask: tasks that no service looks after.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.ecs.client_tokens import ClientTokens
from sandbox.ecs.hosts import NoInstance
from sandbox.ecs.launcher import CAPACITY_UNAVAILABLE
from sandbox.ecs.placement import CapacityUnavailable, LaunchRefused, Origin, Placement, Spread
from sandbox.ecs.sizes import check_size
from sandbox.ecs.task_shape import task_shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.caller import Request
    from sandbox.ecs.launch_failures import LaunchFailures
    from sandbox.ecs.model import Cluster, Shape, Task
    from sandbox.ecs.state import State
    from sandbox.ecs.templates import Templates
    from sandbox.elb.agenda import Agenda

MAX_TASKS = 10
MAX_OVERRIDES = (
    8_192  # characters, "including the JSON formatting characters of the override structure"
)
MAX_TAGS = 50
MAX_STARTED_BY = 128
MAX_TOKEN = 64
TOO_MANY_PROVISIONING = (
    "You've reached the limit of {} tasks in the PROVISIONING state in the cluster."
)
TOKEN_CHARACTERS = range(33, 127)


class RunTask:
    """Starts tasks once for each client token."""

    def __init__(
        self,
        agenda: Agenda,
        state: State,
        templates: Templates,
        placement: Placement,
        failures: LaunchFailures,
        provisioning_tasks: int,
    ) -> None:
        """``failures`` say which launches fail besides those that lack capacity."""
        self._provisioning_tasks = provisioning_tasks
        self._agenda = agenda
        self._state = state
        self._templates = templates
        self._placement = placement
        self._failures = failures
        self._tokens = ClientTokens()

    def __call__(self, request: Request) -> Shape:
        """A known token answers for the tasks of the request that brought it first."""
        cluster, params = self._state.cluster(request), request.params
        for message in _problems(params):
            raise ApiError("InvalidParameterException", message)
        now = self._agenda.now()
        if params.get("clientToken") is None:
            tasks, failures = self._start(request, cluster)
            return {
                "tasks": [task_shape(task, with_tags=True) for task in tasks],
                "failures": failures,
            }
        launch = self._tokens.before(cluster.arn, params, now)
        if launch is None:
            launch = self._tokens.launch(params, now, *self._start(request, cluster))
            self._tokens.remember(cluster.arn, params, launch)
        return launch.answer(now)

    def _start(self, request: Request, cluster: Cluster) -> tuple[list[Task], list[Shape]]:
        params = request.params
        template = self._templates.new(request, cluster)
        check_size(template.definition.shape, params.get("overrides"))
        origin = Origin(
            cluster_arn=cluster.arn,
            group=params.get("group", f"family:{template.definition.family}"),
            started_by=params.get("startedBy"),
            tags={tag["key"]: tag.get("value", "") for tag in params.get("tags", [])},
            overrides=params.get("overrides", {}),
        )
        starting = sum(
            task.last_status == "PROVISIONING" for task in self._state.tasks_of(cluster).values()
        )
        if starting + params.get("count", 1) > self._provisioning_tasks:
            raise ApiError(
                "ClientException", TOO_MANY_PROVISIONING.format(self._provisioning_tasks)
            )
        spread, started, failures = Spread(), [], []
        for _ in range(params.get("count", 1)):
            failure = self._failures.strike(template)
            if failure is not None:
                failures.append(failure)
                continue
            try:
                started.append(self._placement.place(template, origin, spread))
            except CapacityUnavailable:
                failures.append({"reason": CAPACITY_UNAVAILABLE})
            except NoInstance as short:
                closest = {"arn": short.closest[0]} if short.closest else {}
                failures.append({**closest, "reason": short.reason})
            except LaunchRefused as refused:
                raise ApiError("ClientException", refused.reason) from refused
        return started, failures


def _problems(params: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a request by itself; the sentences are assumed, the limits documented."""
    if not 1 <= params.get("count", 1) <= MAX_TASKS:
        yield f"count must be between 1 and {MAX_TASKS}."
    if len(json.dumps(params.get("overrides", {}), separators=(",", ":"))) > MAX_OVERRIDES:
        yield f"overrides cannot have more than {MAX_OVERRIDES} characters."
    if len(params.get("tags", [])) > MAX_TAGS:
        yield f"tags cannot have more than {MAX_TAGS} elements."
    if len(params.get("startedBy", "")) > MAX_STARTED_BY:
        yield f"startedBy cannot be longer than {MAX_STARTED_BY} characters."
    token = params.get("clientToken") or ""
    if len(token) > MAX_TOKEN or any(ord(each) not in TOKEN_CHARACTERS for each in token):
        yield f"clientToken must be at most {MAX_TOKEN} ASCII characters between 33 and 126."
