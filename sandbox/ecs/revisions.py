"""Service revisions: what each deployment deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.task_shape import moment
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Request
    from sandbox.ecs.images import Images
    from sandbox.ecs.model import Pins, Shape, TaskDefinition, Template
    from sandbox.ecs.service_model import Service
    from sandbox.elb.agenda import Agenda

MAX_DESCRIBED = 20


class Revisions:
    """What each deployment of each service deployed."""

    def __init__(self, agenda: Agenda, images: Images) -> None:
        """``images`` resolves tags to digests."""
        self._agenda = agenda
        self._images = images
        self._revisions: dict[str, tuple[Shape, TaskDefinition, Pins]] = {}
        self.operations: dict[str, Callable[[Request], Shape]] = {
            "DescribeServiceRevisions": self._describe_revisions,
        }

    def resolve(self, template: Template) -> Pins:
        """Resolve the images of a deployment as far as they exist; the rest follows with the tasks."""
        return self._images.resolve(template.definition)

    def add(self, service: Service, template: Template, pins: Pins, number: str) -> str:
        """Keep a revision; answer its ARN. ``pins`` may still be completed."""
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
            "guardDutyEnabled": False,
            "createdAt": moment(self._agenda.now()),
            "resolvedConfiguration": {"loadBalancers": _resolved(template)},
        }
        if template.strategy:
            shape["capacityProviderStrategy"] = list(template.strategy)
        else:
            shape["launchType"] = template.launch_type
        if template.service_connect:
            shape["serviceConnectConfiguration"] = template.service_connect
        self._revisions[arn] = (shape, definition, pins)
        return arn

    def _describe_revisions(self, request: Request) -> Shape:
        known = {
            arn: shape | {"containerImages": _container_images(definition, pins)}
            for arn, (shape, definition, pins) in self._revisions.items()
        }
        return described("serviceRevisions", request.params["serviceRevisionArns"], known)


def described(name: str, arns: list[str], known: dict[str, Shape]) -> Shape:
    """Answer for at most 20 ARNs; what is unknown is a failure."""
    if len(arns) > MAX_DESCRIBED:
        message = f"{name} cannot have more than {MAX_DESCRIBED} elements."
        raise ApiError("InvalidParameterException", message)
    return {
        name: [known[arn] for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def _container_images(definition: TaskDefinition, pins: Pins) -> list[Shape]:
    images = []
    for each in definition.shape["containerDefinitions"]:
        image = {"containerName": each["name"], "image": each["image"]}
        digest = pins.get(each["name"])
        images.append(image | ({"imageDigest": digest} if digest else {}))
    return images


def _resolved(template: Template) -> list[Shape]:
    resolved = []
    for each in template.load_balancers:
        group = template.target_group(each)
        shape = {"targetGroupArn": group} if group else {}
        rule = each.get("advancedConfiguration", {}).get("productionListenerRule")
        resolved.append(shape | ({"productionListenerRule": rule} if rule else {}))
    return resolved


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


def revision_summary_with_traffic(service: Service, revision_arn: str) -> Shape:
    """Count the tasks of a revision, and tell its share of the traffic where traffic is shifted."""
    shape = revision_summary(service, revision_arn)
    traffic = {
        "test": "requestedTestTrafficWeight",
        "production": "requestedProductionTrafficWeight",
    }
    for name, member in traffic.items():
        weights = service.current.weights.get(name, {})
        if revision_arn in weights:
            shape[member] = weights[revision_arn]
    return shape
