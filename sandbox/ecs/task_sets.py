"""The operations on task sets: how CodeDeploy and external deployment tools deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.model import Shape
from sandbox.ecs.service_model import Service, TaskSet
from sandbox.ecs.service_shape import task_set_shape
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.model import Template
    from sandbox.ecs.scheduler import Scheduler
    from sandbox.ecs.state import State
    from sandbox.ecs.templates import Templates
    from sandbox.elb.agenda import Agenda


class TaskSets:
    """Creates, scales, promotes, shows and deletes task sets."""

    def __init__(
        self, agenda: Agenda, state: State, templates: Templates, scheduler: Scheduler, ids: Ids
    ) -> None:
        """``scheduler`` is told of every change."""
        self._agenda = agenda
        self._state = state
        self._templates = templates
        self._scheduler = scheduler
        self._ids = ids
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "CreateTaskSet": self._create,
            "UpdateTaskSet": self._update,
            "DescribeTaskSets": self._describe,
            "DeleteTaskSet": self._delete,
            "UpdateServicePrimaryTaskSet": self._promote,
        }

    def _create(self, request: Request) -> Shape:
        service, params = self._service(request), request.params
        template = self._templates.new(request, self._state.cluster(request))
        task_set = self.add(service, template, params.get("scale", {}).get("value", 100.0))
        task_set.external_id = params.get("externalId")
        task_set.tags = {tag["key"]: tag.get("value", "") for tag in params.get("tags", [])}
        self._scheduler.soon(service)
        return {"taskSet": task_set_shape(service, task_set, with_tags=True)}

    def add(self, service: Service, template: Template, scale_percent: float) -> TaskSet:
        """Add a task set to a service."""
        number, now = self._ids.number(), self._agenda.now()
        prefix = service.arn.replace(":service/", ":task-set/")
        task_set = TaskSet(
            id=f"ecs-svc/{number}",
            arn=f"{prefix}/ecs-svc/{number}",
            template=template,
            scale_percent=scale_percent,
            created_at=now,
            updated_at=now,
            tags={},
        )
        service.task_sets.append(task_set)
        return task_set

    def _update(self, request: Request) -> Shape:
        service = self._service(request)
        task_set = self._find(service, request.params["taskSet"])
        task_set.scale_percent = request.params["scale"]["value"]
        return self._changed(service, task_set)

    def _describe(self, request: Request) -> Shape:
        service, asked = self._service(request), request.params.get("taskSets")
        with_tags = "TAGS" in request.params.get("include", [])
        found = [each for each in service.task_sets if not asked or {each.id, each.arn} & {*asked}]
        known = {each.id for each in found} | {each.arn for each in found}
        return {
            "taskSets": [task_set_shape(service, each, with_tags=with_tags) for each in found],
            "failures": [
                {"arn": name, "reason": "MISSING"} for name in asked or [] if name not in known
            ],
        }

    def _delete(self, request: Request) -> Shape:
        service = self._service(request)
        task_set = self._find(service, request.params["taskSet"])
        if task_set.scale_percent > 0 and not request.params.get("force"):
            message = "The task set must be scaled to zero before it can be deleted."
            raise ApiError("InvalidParameterException", message)
        task_set.status = "DRAINING"
        return self._changed(service, task_set)

    def _promote(self, request: Request) -> Shape:
        service = self._service(request)
        task_set = self._find(service, request.params["primaryTaskSet"])
        for each in service.task_sets:
            if each.status == "PRIMARY":
                each.status = "ACTIVE"
        task_set.status = "PRIMARY"
        service.template = task_set.template
        return self._changed(service, task_set)

    def _changed(self, service: Service, task_set: TaskSet) -> Shape:
        task_set.updated_at = self._agenda.now()
        self._scheduler.soon(service)
        return {"taskSet": task_set_shape(service, task_set)}

    def _service(self, request: Request) -> Service:
        service = self._state.active_service(request)
        if service.controller == "ECS":
            message = "Task sets are only for services with an external deployment controller."
            raise ApiError("InvalidParameterException", message)
        return service

    @staticmethod
    def _find(service: Service, id_or_arn: str) -> TaskSet:
        for task_set in service.task_sets:
            if id_or_arn in {task_set.id, task_set.arn}:
                return task_set
        message = "The specified task set wasn't found."
        raise ApiError("TaskSetNotFoundException", message)
