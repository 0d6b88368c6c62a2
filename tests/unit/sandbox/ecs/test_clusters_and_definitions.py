from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.caller import Caller
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from ecs_world import World

PREFIX = "arn:aws:ecs:eu-west-1:123456789012"


def refused(code: str) -> pytest.RaisesExc[ApiError]:
    return pytest.RaisesExc(ApiError, match=f"^{code}: ")


def test_a_cluster_is_created_once_and_described_with_its_counts(world: World) -> None:
    world.ecs("CreateCluster", clusterName="prod")
    world.service("web", 2)
    world.run(60)
    answer = world.ecs("DescribeClusters", clusters=["prod", "nope"])
    (cluster,) = answer["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert (cluster["runningTasksCount"], cluster["activeServicesCount"]) == (2, 1)
    assert answer["failures"] == [{"arn": f"{PREFIX}:cluster/nope", "reason": "MISSING"}]


def test_clusters_are_listed_in_pages(world: World) -> None:
    world.ecs("CreateCluster", clusterName="test")
    first = world.ecs("ListClusters", maxResults=1)
    second = world.ecs("ListClusters", maxResults=1, nextToken=first["nextToken"])
    arns = [*first["clusterArns"], *second["clusterArns"]]
    assert arns == [f"{PREFIX}:cluster/prod", f"{PREFIX}:cluster/test"]


def test_regions_do_not_see_each_other(world: World) -> None:
    elsewhere = Caller("operator", "123456789012", "us-east-1")
    assert world.twin.call("ListClusters", {}, elsewhere) == {"clusterArns": []}
    assert world.twin.call("ListTaskDefinitions", {}, elsewhere) == {"taskDefinitionArns": []}
    with refused("ClusterNotFoundException"):
        world.twin.call("ListTasks", {"cluster": "prod"}, elsewhere)


def test_a_cluster_in_use_cannot_be_deleted(world: World) -> None:
    world.service("web", 1)
    with refused("ClusterContainsServicesException"):
        world.ecs("DeleteCluster", cluster="prod")
    world.ecs("DeleteService", cluster="prod", service="web", force=True)
    task = world.run_task()["tasks"][0]
    with refused("ClusterContainsTasksException"):
        world.ecs("DeleteCluster", cluster="prod")
    world.ecs("StopTask", cluster="prod", task=task["taskArn"])
    world.run(60)
    assert world.ecs("DeleteCluster", cluster="prod")["cluster"]["status"] == "INACTIVE"
    with refused("ClusterNotFoundException"):
        world.ecs("ListTasks", cluster="prod")


def test_only_fargate_capacity_providers_exist(world: World) -> None:
    names = ["FARGATE_SPOT", "mine"]
    answer = world.ecs("DescribeCapacityProviders", capacityProviders=names)
    assert [each["name"] for each in answer["capacityProviders"]] == ["FARGATE_SPOT"]
    assert [each["reason"] for each in answer["failures"]] == ["MISSING"]
    with refused("InvalidParameterException"):
        world.ecs("CreateCluster", clusterName="x", capacityProviders=["mine"])


def test_revisions_count_up_and_a_family_means_its_latest_active_one(world: World) -> None:
    second = world.task_definition("web")
    assert second == f"{PREFIX}:task-definition/web:2"
    world.ecs("DeregisterTaskDefinition", taskDefinition="web:2")
    latest = world.ecs("DescribeTaskDefinition", taskDefinition="web")["taskDefinition"]
    assert latest["revision"] == 1
    assert world.task_definition("web").endswith("web:3")


def test_an_inactive_revision_is_shown_but_starts_nothing(world: World) -> None:
    world.ecs("DeregisterTaskDefinition", taskDefinition="web:1")
    shown = world.ecs("DescribeTaskDefinition", taskDefinition="web:1")["taskDefinition"]
    assert shown["status"] == "INACTIVE"
    with refused("ClientException"):
        world.run_task(taskDefinition="web:1")
    with refused("ClientException"):
        world.run_task(taskDefinition="web")
    with refused("ClientException"):
        world.ecs("DescribeTaskDefinition", taskDefinition="nope")


def test_task_definitions_and_families_are_listed_by_status(world: World) -> None:
    world.task_definition("job")
    world.task_definition("web")
    world.ecs("DeregisterTaskDefinition", taskDefinition="job:1")
    active = world.ecs("ListTaskDefinitions", sort="DESC")["taskDefinitionArns"]
    assert [arn.rsplit("/", 1)[1] for arn in active] == ["web:2", "web:1"]
    inactive = world.ecs("ListTaskDefinitions", status="INACTIVE")["taskDefinitionArns"]
    assert [arn.rsplit("/", 1)[1] for arn in inactive] == ["job:1"]
    assert world.ecs("ListTaskDefinitions", familyPrefix="we")["taskDefinitionArns"] == []
    assert world.ecs("ListTaskDefinitionFamilies")["families"] == ["job", "web"]
    families = world.ecs("ListTaskDefinitionFamilies", status="ACTIVE", familyPrefix="w")
    assert families["families"] == ["web"]


def test_everything_can_be_tagged(world: World) -> None:
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    service = world.service("web", 0)["serviceArn"]
    task = world.run_task()["tasks"][0]["taskArn"]
    definition = f"{PREFIX}:task-definition/web:1"
    for arn in (f"{PREFIX}:cluster/prod", service, task, definition):
        world.ecs("TagResource", resourceArn=arn, tags=tags)
        world.ecs("UntagResource", resourceArn=arn, tagKeys=["a"])
        assert world.ecs("ListTagsForResource", resourceArn=arn)["tags"] == tags[1:]
    with refused("InvalidParameterException"):
        world.ecs("TagResource", resourceArn=f"{service}x", tags=tags)


def test_task_sets_can_be_tagged(world: World) -> None:
    world.service("web", 0, deploymentController={"type": "CODE_DEPLOY"})
    names = {"cluster": "prod", "service": "web"}
    (task_set,) = world.ecs("DescribeTaskSets", **names)["taskSets"]
    tags = [{"key": "colour", "value": "blue"}]
    world.ecs("TagResource", resourceArn=task_set["taskSetArn"], tags=tags)
    (shown,) = world.ecs("DescribeTaskSets", **names, include=["TAGS"])["taskSets"]
    assert shown["tags"] == tags


def test_the_configuration_of_a_cluster_is_shown_when_asked_for(world: World) -> None:
    given = {
        "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}},
        "serviceConnectDefaults": {"namespace": "prod"},
        "settings": [{"name": "containerInsights", "value": "enabled"}],
    }
    world.ecs("CreateCluster", clusterName="full", **given)
    include = ["SETTINGS", "CONFIGURATIONS"]
    (shown,) = world.ecs("DescribeClusters", clusters=["full"], include=include)["clusters"]
    assert {name: shown[name] for name in given} == given
