"""Which RunTask requests were made before, and what came of them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.ecs.task_shape import task_shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.ecs.model import Shape, Task

LONGEST_S = 86_400.0
AFTER_THE_LAST_TASK_S = 3_600.0
FAILURES_KEPT_S = 3_600.0
OF_A_STOPPED_TASK = ("taskArn", "lastStatus", "desiredStatus")


@dataclass(frozen=True, slots=True)
class Launch:
    """What a RunTask request came to."""

    wanted: str
    at: float
    tasks: tuple[Task, ...]
    failures: tuple[Shape, ...]

    def over(self, now: float) -> bool:
        """Tell whether the token is forgotten: after a day, or an hour after the last task's end.

        How long a token lives whose request started no task is not documented: a day, as the most.
        """
        if now >= self.at + LONGEST_S:
            return True
        ends = [task.times.get("stoppedAt") for task in self.tasks]
        ended = [end for end in ends if end is not None]
        all_ended = bool(ends) and len(ended) == len(ends)
        return all_ended and now >= max(ended) + AFTER_THE_LAST_TASK_S

    def answer(self, now: float) -> Shape:
        """What a repeated request is told."""
        old = now >= self.at + FAILURES_KEPT_S
        return {
            "tasks": [_again(task) for task in self.tasks],
            "failures": [{} if old else dict(each) for each in self.failures],
        }


class ClientTokens:
    """The launches by cluster and token: a token counts in its cluster only."""

    def __init__(self) -> None:
        """Nothing was launched."""
        self._launches: dict[tuple[str, str], Launch] = {}

    def before(self, cluster_arn: str, params: dict[str, Any], now: float) -> Launch | None:
        """What the same request came to; ConflictException for another one with its token."""
        key = (cluster_arn, params["clientToken"])
        launch = self._launches.get(key)
        if launch is None or launch.over(now):
            self._launches.pop(key, None)
            return None
        if launch.wanted != _wanted(params):
            message = "The client token was used for a request with other parameters."
            arns = [task.arn for task in launch.tasks]
            raise ApiError("ConflictException", message, fields={"resourceIds": arns})
        return launch

    def remember(self, cluster_arn: str, params: dict[str, Any], launch: Launch) -> None:
        """Keep what a request came to."""
        self._launches[cluster_arn, params["clientToken"]] = launch

    @staticmethod
    def launch(
        params: dict[str, Any], at: float, tasks: list[Task], failures: list[Shape]
    ) -> Launch:
        """What a request has come to just now."""
        return Launch(_wanted(params), at, tuple(tasks), tuple(failures))


def _again(task: Task) -> Shape:
    """Of a task that has stopped only what it was and is."""
    shape = task_shape(task, with_tags=True)
    if task.last_status == "STOPPED":
        return {name: shape[name] for name in OF_A_STOPPED_TASK}
    return shape


def _wanted(params: dict[str, Any]) -> str:
    return json.dumps(params, sort_keys=True, default=str)
