"""TAG: can a cost or an alarm be traced to an owner?"""

from __future__ import annotations

from audit.model.resource import Resource
from audit.model.service import Cluster, Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_TAGGING = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html"
_REMEDY = 'set "tags", at least the team and the environment'


def _tagged(resource: Resource) -> Verdicts:
    node = resource["tags"] if resource["tags"].given else resource["Tags"]
    if resource.tags:
        yield passed(node)
    else:
        said = f"{resource.label} has no tags: its cost and its owner cannot be found"
        yield failed(resource["tags"], said)


@rule(
    "TAG-01",
    "Task definitions are tagged",
    on=TaskDefinition,
    severity=Severity.INFO,
    profile=Profile.COST,
    source=_TAGGING,
    remedy=_REMEDY,
    anchors=("SecurityHub:ECS.15",),
)
def task_definition_tags(task: TaskDefinition) -> Verdicts:
    return _tagged(task)


@rule(
    "TAG-03",
    "Services are tagged",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.COST,
    source=_TAGGING,
    remedy=_REMEDY,
    anchors=("SecurityHub:ECS.13",),
)
def service_tags(service: Service) -> Verdicts:
    return _tagged(service)


@rule(
    "TAG-04",
    "Clusters are tagged",
    on=Cluster,
    severity=Severity.LOW,
    profile=Profile.COST,
    source=_TAGGING,
    remedy=_REMEDY,
    anchors=("SecurityHub:ECS.14",),
)
def cluster_tags(cluster: Cluster) -> Verdicts:
    return _tagged(cluster)


@rule(
    "TAG-02",
    "Tags reach the tasks, where the costs are",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.COST,
    source=_TAGGING,
    remedy='set "propagateTags" to "SERVICE" or "TASK_DEFINITION" and "enableECSManagedTags" to true',
    anchors=(),
)
def tags_reach_tasks(service: Service) -> Verdicts:
    propagate, managed = service["propagateTags"], service["enableECSManagedTags"]
    if (propagate.text() or "NONE") == "NONE":
        said = "propagateTags is NONE: tasks carry no tags, so costs cannot be split by them"
        yield failed(propagate, said, put(propagate, "SERVICE"))
    elif not managed.flag():
        said = "enableECSManagedTags is false: costs cannot be split by cluster and service"
        yield failed(managed, said, put(managed, True))
    else:
        yield passed(propagate)
