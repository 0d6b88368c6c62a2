from __future__ import annotations

import pytest

from sandbox.ecs.task_shape import moment
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import START, World


def test_a_revision_keeps_what_was_deployed_with_its_load_balancers(world: World) -> None:
    blue, green = world.target_group("blue"), world.target_group("green")
    advanced = {"alternateTargetGroupArn": green, "productionListenerRule": "rule-1"}
    target = {
        "targetGroupArn": blue,
        "containerName": "web",
        "containerPort": 8080,
        "advancedConfiguration": advanced,
    }
    service = world.service("web", 1, loadBalancers=[target])
    (current,) = service["currentServiceRevisions"]
    answer = world.ecs("DescribeServiceRevisions", serviceRevisionArns=[current["arn"], "nope"])
    (revision,) = answer["serviceRevisions"]
    assert answer["failures"] == [{"arn": "nope", "reason": "MISSING"}]
    assert revision["loadBalancers"] == [target]
    assert revision["resolvedConfiguration"] == {
        "loadBalancers": [{"targetGroupArn": blue, "productionListenerRule": "rule-1"}]
    }
    world.run(60)
    running = world.tasks()[0]["containers"][0]
    assert revision["containerImages"] == [
        {
            "containerName": "web",
            "image": "registry/web:1",
            "imageDigest": running["imageDigest"],
        }
    ]


def test_service_deployments_are_listed_newest_first_and_described(world: World) -> None:
    world.service("web", 1)
    world.run(120)
    world.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    listed = world.ecs("ListServiceDeployments", cluster="prod", service="web")
    new, old = listed["serviceDeployments"]
    assert (new["status"], old["status"]) == ("PENDING", "SUCCESSFUL")
    assert "finishedAt" in old
    service = world.describe()
    assert service["currentServiceDeployment"] == new["serviceDeploymentArn"]
    (shown,) = world.ecs(
        "DescribeServiceDeployments", serviceDeploymentArns=[new["serviceDeploymentArn"]]
    )["serviceDeployments"]
    assert shown["targetServiceRevision"]["requestedTaskCount"] == 1
    sources = [each["arn"] for each in shown["sourceServiceRevisions"]]
    assert sources == [old["targetServiceRevisionArn"]]


def test_a_newer_deployment_stops_the_one_in_progress(world: World) -> None:
    world.service("web", 1)
    world.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    for statuses in (["PENDING", "STOP_REQUESTED"], ["IN_PROGRESS", "STOPPED"]):
        listed = world.ecs("ListServiceDeployments", cluster="prod", service="web")
        assert [each["status"] for each in listed["serviceDeployments"]] == statuses
        world.run(2)


def test_service_deployments_are_filtered_by_status_and_time(world: World) -> None:
    world.service("web", 1)
    world.run(120)
    names = {"cluster": "prod", "service": "web"}
    for params, count in (
        ({"status": ["SUCCESSFUL"]}, 1),
        ({"status": ["IN_PROGRESS"]}, 0),
        ({"createdAt": {"after": moment(START + 1)}}, 0),
        ({"createdAt": {"before": moment(START + 1)}}, 1),
    ):
        listed = world.ecs("ListServiceDeployments", **names, **params)
        assert len(listed["serviceDeployments"]) == count


def test_too_many_revisions_are_refused(world: World) -> None:
    with pytest.raises(ApiError, match="InvalidParameterException"):
        world.ecs("DescribeServiceRevisions", serviceRevisionArns=["x"] * 21)
