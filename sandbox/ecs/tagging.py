"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.task_shape import tag_list
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.model import Shape, Tags
    from sandbox.ecs.state import State


class Tagging:
    """The tags of everything in ECS."""

    def __init__(self, state: State) -> None:
        """``state`` finds what an ARN names."""
        self._state = state
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list,
        }

    def _tag(self, request: Request) -> Shape:
        tags = self._tags(request)
        tags.update({tag["key"]: tag.get("value", "") for tag in request.params["tags"]})
        return {}

    def _untag(self, request: Request) -> Shape:
        tags = self._tags(request)
        for key in request.params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _list(self, request: Request) -> Shape:
        return {"tags": tag_list(self._tags(request))}

    def _tags(self, request: Request) -> Tags:
        arn = request.params["resourceArn"]
        kind = arn.split(":", 5)[-1].split("/", 1)[0]
        state = self._state
        if kind == "cluster" and arn in state.clusters:
            return state.clusters[arn].tags
        if kind == "service" and arn in state.services:
            return state.services[arn].tags
        if kind == "task-definition" and arn in state.task_definitions:
            return state.task_definitions[arn].tags
        if kind == "container-instance" and arn in state.instances:
            return state.instances[arn].tags
        for tasks in state.tasks.values():
            if arn in tasks:
                return tasks[arn].tags
        for service in state.services.values():
            for task_set in service.task_sets:
                if task_set.arn == arn:
                    return task_set.tags
        message = "The specified resource was not found. Specify a valid resource and try again."
        raise ApiError("InvalidParameterException", message)
