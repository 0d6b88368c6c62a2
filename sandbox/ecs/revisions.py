"""Service revisions and the history of service deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.paging import page
from sandbox.ecs.placement import image_digest
from sandbox.ecs.task_shape import moment
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.caller import Request
    from sandbox.ecs.model import Service, ServiceDeployment, Shape, TaskDefinition, Template
    from sandbox.ecs.state import State
    from sandbox.elb.agenda import Agenda

MAX_DESCRIBED = 20


class Revisions:
    """What each deployment of each service deployed."""

    def __init__(self, agenda: Agenda, state: State) -> None:
        """``state`` finds services."""
        self._agenda = agenda
        self._state = state
        self._revisions: dict[str, Shape] = {}
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "DescribeServiceRevisions": self._describe_revisions,
            "ListServiceDeployments": self._list_deployments,
            "DescribeServiceDeployments": self._describe_deployments,
        }

    def add(self, service: Service, template: Template, number: str) -> str:
        """Keep a revision; answer its ARN."""
        arn = f"{service.arn.replace(':service/', ':service-revision/')}/{number}"
        definition = template.definition
        load_balancers = list(template.load_balancers)
        shape: Shape = {
            "serviceRevisionArn": arn,
            "serviceArn": service.arn,
            "clusterArn": service.cluster_arn,
            "taskDefinition": definition.arn,
            "platformVersion": template.platform_version,
            "platformFamily": "Linux",
            "loadBalancers": load_balancers,
            "serviceRegistries": list(template.registries),
            "networkConfiguration": template.network,
            "containerImages": _container_images(definition),
            "guardDutyEnabled": False,
            "createdAt": moment(self._agenda.now()),
            "resolvedConfiguration": {"loadBalancers": _resolved(load_balancers)},
        }
        if template.strategy:
            shape["capacityProviderStrategy"] = list(template.strategy)
        else:
            shape["launchType"] = template.launch_type
        if template.service_connect:
            shape["serviceConnectConfiguration"] = template.service_connect
        self._revisions[arn] = shape
        return arn

    def _describe_revisions(self, request: Request) -> Shape:
        return _described(
            "serviceRevisions", request.params["serviceRevisionArns"], self._revisions
        )

    def _list_deployments(self, request: Request) -> Shape:
        service = self._state.service(request, request.params["service"])
        statuses = request.params.get("status")
        window = request.params.get("createdAt", {})
        briefs = [
            _brief(service, each)
            for each in service.service_deployments
            if (not statuses or each.status in statuses)
            and _within(window, moment(each.created_at))
        ]
        return page(request, "serviceDeployments", briefs, 20)

    def _describe_deployments(self, request: Request) -> Shape:
        known = {
            each.arn: _deployment_shape(service, each)
            for service in self._state.services.values()
            for each in service.service_deployments
        }
        return _described("serviceDeployments", request.params["serviceDeploymentArns"], known)


def _described(name: str, arns: list[str], known: dict[str, Shape]) -> Shape:
    if len(arns) > MAX_DESCRIBED:
        message = f"{name} cannot have more than {MAX_DESCRIBED} elements."
        raise ApiError("InvalidParameterException", message)
    return {
        name: [known[arn] for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def _within(window: dict[str, datetime], created_at: datetime) -> bool:
    after, before = window.get("after"), window.get("before")
    return (after is None or created_at >= after) and (before is None or created_at <= before)


def _container_images(definition: TaskDefinition) -> list[Shape]:
    return [
        {
            "containerName": each["name"],
            "image": each["image"],
            "imageDigest": image_digest(each["image"]),
        }
        for each in definition.shape["containerDefinitions"]
    ]


def _resolved(load_balancers: list[Shape]) -> list[Shape]:
    resolved = []
    for each in load_balancers:
        shape = {"targetGroupArn": each["targetGroupArn"]} if "targetGroupArn" in each else {}
        rule = each.get("advancedConfiguration", {}).get("productionListenerRule")
        resolved.append(shape | ({"productionListenerRule": rule} if rule else {}))
    return resolved


def _brief(service: Service, history: ServiceDeployment) -> Shape:
    shape: Shape = {
        "serviceDeploymentArn": history.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": moment(history.created_at),
        "startedAt": moment(history.created_at),
        "targetServiceRevisionArn": history.target_revision,
        "status": history.status,
    }
    if history.finished_at is not None:
        shape["finishedAt"] = moment(history.finished_at)
    if history.status_reason:
        shape["statusReason"] = history.status_reason
    return shape


def _deployment_shape(service: Service, history: ServiceDeployment) -> Shape:
    shape = _brief(service, history)
    del shape["targetServiceRevisionArn"]
    shape |= {
        "updatedAt": moment(history.updated_at),
        "sourceServiceRevisions": [
            revision_summary(service, arn) for arn in history.source_revisions
        ],
        "targetServiceRevision": revision_summary(service, history.target_revision),
        "deploymentConfiguration": history.configuration,
    }
    if history.rollback:
        shape["rollback"] = history.rollback
    return shape


def revision_summary(service: Service, revision_arn: str) -> Shape:
    """Count the tasks of a revision."""
    ids = {each.id for each in service.deployments if each.revision_arn == revision_arn}
    tasks = [task for task in service.tasks.values() if task.started_by in ids]
    wanted = bool(ids) and service.primary.id in ids
    return {
        "arn": revision_arn,
        "requestedTaskCount": service.desired_count if wanted else 0,
        "runningTaskCount": sum(task.last_status == "RUNNING" for task in tasks),
        "pendingTaskCount": sum(task.pending for task in tasks),
    }
