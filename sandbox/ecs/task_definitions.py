"""The operations on task definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.model import Shape, TaskDefinition
from sandbox.ecs.paging import page
from sandbox.ecs.sizes import check_size
from sandbox.ecs.task_shape import moment, tag_list
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.state import State
    from sandbox.elb.agenda import Agenda


class TaskDefinitions:
    """Registers, shows, lists and deregisters task definitions."""

    def __init__(self, agenda: Agenda, state: State) -> None:
        """``state`` keeps them."""
        self._agenda = agenda
        self._state = state
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "RegisterTaskDefinition": self._register,
            "DescribeTaskDefinition": self._describe,
            "DeregisterTaskDefinition": self._deregister,
            "ListTaskDefinitions": self._list,
            "ListTaskDefinitionFamilies": self._list_families,
        }

    def _register(self, request: Request) -> Shape:
        params = dict(request.params)
        check_size(params)
        tags = {tag["key"]: tag.get("value", "") for tag in params.pop("tags", [])}
        prefix = request.arn("ecs", f"task-definition/{params['family']}:")
        revision = 1 + max((each.revision for each in self._state.revisions(prefix)), default=0)
        arn = f"{prefix}{revision}"
        shape: Shape = {
            "volumes": [],
            "placementConstraints": [],
            **params,
            "taskDefinitionArn": arn,
            "containerDefinitions": [
                _completed(c, params.get("networkMode", "bridge"))
                for c in params["containerDefinitions"]
            ],
            "revision": revision,
            "status": "ACTIVE",
            "compatibilities": ["EC2", *params.get("requiresCompatibilities", ["FARGATE"])],
            "registeredAt": moment(self._agenda.now()),
            "registeredBy": request.caller.principal,
        }
        shape["compatibilities"] = list(dict.fromkeys(shape["compatibilities"]))
        definition = TaskDefinition(arn, params["family"], revision, shape, tags)
        self._state.task_definitions[arn] = definition
        return {"taskDefinition": shape, "tags": tag_list(tags)}

    def _describe(self, request: Request) -> Shape:
        definition = self._find(request)
        with_tags = "TAGS" in request.params.get("include", [])
        tags = tag_list(definition.tags) if with_tags else []
        return {"taskDefinition": definition.shape, "tags": tags}

    def _deregister(self, request: Request) -> Shape:
        definition = self._find(request)
        definition.shape["status"] = "INACTIVE"
        definition.shape["deregisteredAt"] = moment(self._agenda.now())
        return {"taskDefinition": definition.shape}

    def _find(self, request: Request) -> TaskDefinition:
        definition = self._state.task_definition(request, request.params["taskDefinition"])
        if definition is None:
            raise ApiError("ClientException", "Unable to describe task definition.")
        return definition

    def _list(self, request: Request) -> Shape:
        params = request.params
        family, status = params.get("familyPrefix"), params.get("status", "ACTIVE")
        found = [
            each
            for each in self._of(request)
            if each.shape["status"] == status and (not family or each.family == family)
        ]
        found.sort(
            key=lambda each: (each.family, each.revision), reverse=params.get("sort") == "DESC"
        )
        return page(request, "taskDefinitionArns", [each.arn for each in found], 100)

    def _list_families(self, request: Request) -> Shape:
        prefix, status = request.params.get("familyPrefix", ""), request.params.get("status")
        active: dict[str, bool] = {}
        for each in self._of(request):
            if each.family.startswith(prefix):
                active[each.family] = active.get(each.family, False) or each.active
        families = [
            family
            for family, is_active in sorted(active.items())
            if status in (None, "ALL") or is_active == (status == "ACTIVE")
        ]
        return page(request, "families", families, 100)

    def _of(self, request: Request) -> list[TaskDefinition]:
        prefix = request.arn("ecs", "task-definition/")
        known = self._state.task_definitions
        return [each for arn, each in known.items() if arn.startswith(prefix)]


def _completed(container: Shape, network_mode: str) -> Shape:
    """In bridge mode, host port 0 is any free one; otherwise it is the container's own."""
    defaults: Shape = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "portMappings": [],
    }
    ports = [
        {
            "hostPort": 0 if network_mode == "bridge" else port.get("containerPort"),
            "protocol": "tcp",
            **port,
        }
        for port in container.get("portMappings", [])
    ]
    return {**defaults, **container, "portMappings": ports}
