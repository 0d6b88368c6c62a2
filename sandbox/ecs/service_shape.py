"""A service as DescribeServices shows it, and a task set as DescribeTaskSets shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.revisions import revision_summary
from sandbox.ecs.task_set_scaling import computed_desired_count
from sandbox.ecs.task_shape import moment, tag_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.ecs.model import Shape, Task, Template
    from sandbox.ecs.service_model import Deployment, Service, TaskSet


def service_shape(service: Service, *, with_tags: bool = False) -> Shape:
    """Describe a service."""
    shape: Shape = {
        **service.settings,
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "status": service.status,
        "desiredCount": service.desired_count,
        **_counts(service.tasks.values()),
        "loadBalancers": [],
        "serviceRegistries": [],
        "deploymentController": {"type": service.controller},
        "deployments": [_deployment(service, each) for each in service.deployments],
        "events": list(service.events),
        "createdAt": moment(service.created_at),
        "createdBy": service.created_by,
    }
    if service.template:
        shape |= _template(service.template)
    if service.task_sets or service.controller != "ECS":
        shape["taskSets"] = [task_set_shape(service, each) for each in service.task_sets]
    if service.service_deployments:
        shape["currentServiceDeployment"] = service.service_deployments[0].arn
        shape["currentServiceRevisions"] = [
            revision_summary(service, each.revision_arn) for each in service.deployments
        ]
    if with_tags:
        shape["tags"] = tag_list(service.tags)
    return shape


def task_set_shape(service: Service, task_set: TaskSet, *, with_tags: bool = False) -> Shape:
    """Describe a task set."""
    steady = task_set.steady_since is not None
    shape: Shape = {
        "id": task_set.id,
        "taskSetArn": task_set.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "status": task_set.status,
        "computedDesiredCount": computed_desired_count(service, task_set),
        **_counts(_tasks_of(service, task_set.id)),
        "createdAt": moment(task_set.created_at),
        "updatedAt": moment(task_set.updated_at),
        **_template(task_set.template),
        "scale": {"value": task_set.scale_percent, "unit": "PERCENT"},
        "stabilityStatus": "STEADY_STATE" if steady else "STABILIZING",
        "stabilityStatusAt": moment(task_set.steady_since or task_set.updated_at),
        "tags": tag_list(task_set.tags) if with_tags else [],
    }
    optional = {"startedBy": task_set.started_by, "externalId": task_set.external_id}
    return shape | {name: value for name, value in optional.items() if value}


def _deployment(service: Service, deployment: Deployment) -> Shape:
    primary = deployment.status == "PRIMARY"
    shape = {
        "id": deployment.id,
        "status": deployment.status,
        "desiredCount": service.desired_count if primary else 0,
        **_counts(_tasks_of(service, deployment.id)),
        "failedTasks": deployment.failed_tasks,
        "createdAt": moment(deployment.created_at),
        "updatedAt": moment(deployment.updated_at),
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_state_reason,
        **_launch(deployment.template),
    }
    if deployment.template.service_connect:
        shape["serviceConnectConfiguration"] = deployment.template.service_connect
    return shape


def _template(template: Template) -> Shape:
    load_balancers, registries = list(template.load_balancers), list(template.registries)
    return {
        **_launch(template),
        "loadBalancers": load_balancers,
        "serviceRegistries": registries,
    }


def _launch(template: Template) -> Shape:
    shape: Shape = {"taskDefinition": template.definition.arn}
    if template.network:
        shape["networkConfiguration"] = template.network
    if template.on_fargate:
        shape |= {"platformVersion": template.platform_version, "platformFamily": "Linux"}
    if template.strategy:
        return shape | {"capacityProviderStrategy": list(template.strategy)}
    return shape | {"launchType": template.launch_type}


def _tasks_of(service: Service, owner_id: str) -> list[Task]:
    return [task for task in service.tasks.values() if task.started_by == owner_id]


def _counts(tasks: Iterable[Task]) -> Shape:
    tasks = list(tasks)
    return {
        "runningCount": sum(task.last_status == "RUNNING" for task in tasks),
        "pendingCount": sum(task.pending for task in tasks),
    }
