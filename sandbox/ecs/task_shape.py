"""A task as DescribeTasks shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.ecs.model import Attachment, Container, Shape, Tags, Task

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - what Docker shows
ENI = "ElasticNetworkInterface"


def moment(seconds: float) -> datetime:
    """Put epoch seconds into the form in which botocore takes times."""
    return datetime.fromtimestamp(seconds, UTC)


def tag_list(tags: Tags) -> list[Shape]:
    """Put tags into the form of the ECS API."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def task_shape(task: Task, *, with_tags: bool = False) -> Shape:
    """Describe a task; fields without a value are absent, as AWS leaves them out."""
    definition = task.template.definition
    shape: Shape = {
        "attachments": [_attachment(each) for each in task.attachments],
        "availabilityZone": task.availability_zone,
        "clusterArn": task.cluster_arn,
        "containers": [_container(task, each) for each in task.containers],
        "cpu": task.overrides.get("cpu", definition.shape.get("cpu", "256")),
        "desiredStatus": task.desired_status,
        "enableExecuteCommand": False,
        "group": task.group,
        "healthStatus": task.health_status,
        "lastStatus": task.last_status,
        "launchType": "EC2" if task.instance else "FARGATE",
        "memory": task.overrides.get("memory", definition.shape.get("memory", "512")),
        "overrides": task.overrides,
        "tags": tag_list(task.tags) if with_tags else [],
        "taskArn": task.arn,
        "taskDefinitionArn": definition.arn,
        "version": task.version,
    }
    return shape | _so_far(task) | (_on_instance(task) if task.instance else _on_fargate(task))


def _on_instance(task: Task) -> Shape:
    return {"containerInstanceArn": task.instance.arn} if task.instance else {}


def _on_fargate(task: Task) -> Shape:
    storage = task.template.definition.shape.get("ephemeralStorage", {"sizeInGiB": 20})
    return {
        "ephemeralStorage": storage,
        "platformVersion": task.template.platform_version,
        "platformFamily": "Linux",
    }


def _so_far(task: Task) -> Shape:
    shape: Shape = {name: moment(at) for name, at in task.times.items()}
    if "connectivityAt" in shape:
        shape["connectivity"] = "CONNECTED"
    if task.stop:
        shape |= {"stopCode": task.stop.code, "stoppedReason": task.stop.text}
    optional = {"capacityProviderName": task.capacity_provider, "startedBy": task.started_by}
    return shape | {name: value for name, value in optional.items() if value}


def _attachment(attachment: Attachment) -> Shape:
    details = [{"name": name, "value": value} for name, value in attachment.details.items()]
    return {
        "id": attachment.id,
        "type": attachment.type,
        "status": attachment.status,
        "details": details,
    }


def _container(task: Task, container: Container) -> Shape:
    definition = container.definition
    shape: Shape = {
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": container.last_status,
        "networkInterfaces": _network_interfaces(task),
        "healthStatus": task.health_status if "healthCheck" in definition else "UNKNOWN",
        "cpu": str(definition.get("cpu", 0)),
    }
    if "memory" in definition:
        shape["memory"] = str(definition["memory"])
    if task.host_ports:
        shape["networkBindings"] = [
            {"bindIP": ANY_ADDRESS, "containerPort": port, "hostPort": host_port, "protocol": "tcp"}
            for (name, port), host_port in task.host_ports.items()
            if name == definition["name"]
        ]
    if container.last_status != "PENDING" and container.image_digest:
        shape |= {"imageDigest": container.image_digest, "runtimeId": container.runtime_id}
    if container.exit_code is not None:
        shape["exitCode"] = container.exit_code
    if container.reason:
        shape["reason"] = container.reason
    return shape


def _network_interfaces(task: Task) -> list[Shape]:
    if task.address is None:
        return []
    attachment = next(each for each in task.attachments if each.type == ENI)
    shape = {"attachmentId": attachment.id, "privateIpv4Address": task.address.ipv4}
    if task.address.ipv6:
        shape["ipv6Address"] = task.address.ipv6
    return [shape]
