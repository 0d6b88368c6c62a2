"""A container instance as DescribeContainerInstances shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.model import STARTING
from sandbox.ecs.task_shape import moment, tag_list

if TYPE_CHECKING:
    from sandbox.ecs.instance_model import ContainerInstance, Size
    from sandbox.ecs.model import Shape


def instance_shape(instance: ContainerInstance, *, with_tags: bool = False) -> Shape:
    """Describe a container instance.

    runningTasksCount counts what *desires* to run: a task that shuts down is in neither count.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html
    """
    wanted = [task for task in instance.tasks.values() if task.wanted]
    left = instance.remaining()
    shape: Shape = {
        "containerInstanceArn": instance.arn,
        "ec2InstanceId": instance.ec2_instance_id,
        "version": instance.version,
        "versionInfo": {
            "agentVersion": "1.98.0",
            "agentHash": "c0ffee12",
            "dockerVersion": "DockerVersion: 25.0.8",
        },
        "remainingResources": _resources(left, sorted(instance.ports)),
        "registeredResources": _resources(instance, [22, 2375, 2376, 51678, 51679]),
        "status": instance.status,
        "agentConnected": instance.agent_connected,
        "runningTasksCount": sum(task.last_status == "RUNNING" for task in wanted),
        "pendingTasksCount": sum(task.last_status in STARTING for task in wanted),
        "attributes": [
            {"name": name, "value": value} for name, value in instance.attributes.items()
        ],
        "registeredAt": moment(instance.registered_at),
        "attachments": [],
        "tags": tag_list(instance.tags) if with_tags else [],
    }
    if instance.capacity_provider:
        shape["capacityProviderName"] = instance.capacity_provider
    return shape


def _resources(size: Size | ContainerInstance, ports: list[int]) -> list[Shape]:
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": size.cpu},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": size.memory},
        {"name": "PORTS", "type": "STRINGSET", "stringSetValue": [str(port) for port in ports]},
    ]
