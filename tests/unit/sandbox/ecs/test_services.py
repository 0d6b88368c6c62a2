from __future__ import annotations

import pytest

from sandbox.errors import ApiError, UnsupportedOperation
from tests.unit.sandbox.ecs.ecs_world import CALLER, World


def refused(code: str) -> pytest.RaisesExc[ApiError]:
    return pytest.RaisesExc(ApiError, match=f"^{code}: ")


def test_a_service_starts_its_tasks_and_reaches_a_steady_state(world: World) -> None:
    created = world.service("web", 3)
    assert (created["runningCount"], created["status"]) == (0, "ACTIVE")
    world.run(120)
    service = world.describe()
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (3, 3, 0)
    messages = [event["message"] for event in service["events"]]
    assert messages[0] == "(service web) has reached a steady state."
    assert messages[1].endswith(" deployment completed.")
    assert messages[2].startswith("(service web) has started 3 tasks: (task ")
    assert len(world.details("ECS Service Action", eventName="SERVICE_STEADY_STATE")) == 1


def test_tasks_know_their_service_and_their_deployment(world: World) -> None:
    world.service("web", 1)
    world.run(60)
    task, deployment = world.tasks()[0], world.describe()["deployments"][0]
    assert task["group"] == "service:web"
    assert task["startedBy"] == deployment["id"]
    assert deployment["id"].startswith("ecs-svc/")
    assert len(deployment["id"].removeprefix("ecs-svc/")) == 19


def test_without_a_load_balancer_a_task_counts_as_healthy_40_seconds_after_it_runs(
    world: World,
) -> None:
    world.service("web", 1)
    world.run(60)
    assert world.describe()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    world.run(20)
    assert world.describe()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_the_steady_state_is_reported_again_every_six_hours(world: World) -> None:
    world.service("web", 1)
    world.run(3600 * 13)
    assert len(world.details("ECS Service Action", eventName="SERVICE_STEADY_STATE")) == 3


def test_scaling_in_stops_tasks_of_the_fullest_zone_and_says_so(world: World) -> None:
    world.service("web", 4)
    world.run(120)
    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=3)
    world.run(30)
    assert sorted(task["availabilityZone"] for task in world.tasks()) == [
        "eu-west-1a",
        "eu-west-1b",
        "eu-west-1c",
    ]
    stopped = world.tasks(status="STOPPED")[0]
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    deployment = world.describe()["deployments"][0]["id"]
    assert stopped["stoppedReason"] == f"Scaling activity initiated by (deployment {deployment})"


def test_a_manual_change_of_the_desired_count_is_no_deployment_and_no_event(world: World) -> None:
    world.service("web", 1)
    world.run(120)
    before = world.describe()["deployments"][0]["id"]
    world.ecs("UpdateService", cluster="prod", service="web", desiredCount=2)
    world.run(120)
    assert [each["id"] for each in world.describe()["deployments"]] == [before]
    assert not world.details("ECS Service Action", eventName="SERVICE_DESIRED_COUNT_UPDATED")


def test_tags_are_shown_only_when_asked_for(world: World) -> None:
    world.service("web", 0, tags=[{"key": "ecs-ops:spot-drain", "value": "on"}])
    assert "tags" not in world.describe()
    shown = world.describe(include=["TAGS"])
    assert shown["tags"] == [{"key": "ecs-ops:spot-drain", "value": "on"}]


def test_the_alternate_target_group_is_kept(world: World) -> None:
    blue, green = world.target_group("blue"), world.target_group("green")
    advanced = {"alternateTargetGroupArn": green, "productionListenerRule": "rule"}
    load_balancer = {
        "targetGroupArn": blue,
        "containerName": "web",
        "containerPort": 8080,
        "advancedConfiguration": advanced,
    }
    world.service("web", 0, loadBalancers=[load_balancer])
    assert world.describe()["loadBalancers"] == [load_balancer]


def test_a_service_registers_its_tasks_in_every_target_group(world: World) -> None:
    groups = [world.target_group("public"), world.target_group("internal")]
    world.service("web", 2, *groups)
    world.run(120)
    for group in groups:
        assert list(world.health(group).values()) == ["healthy", "healthy"]
        assert {port for _, port in world.health(group)} == {8080}


def test_a_target_group_without_a_load_balancer_is_refused(world: World) -> None:
    group = world.elb("CreateTargetGroup", Name="alone", Protocol="HTTP", Port=80, TargetType="ip")[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    with refused("InvalidParameterException"):
        world.service("web", 1, group)


def test_at_most_ten_services_can_be_described(world: World) -> None:
    with refused("InvalidParameterException"):
        world.ecs("DescribeServices", cluster="prod", services=[str(n) for n in range(11)])


def test_an_unknown_service_is_a_failure_not_an_error(world: World) -> None:
    answer = world.ecs("DescribeServices", cluster="prod", services=["nope"])
    arn = "arn:aws:ecs:eu-west-1:123456789012:service/prod/nope"
    assert answer == {"services": [], "failures": [{"arn": arn, "reason": "MISSING"}]}


def test_an_unknown_cluster_is_an_error(world: World) -> None:
    with refused("ClusterNotFoundException"):
        world.ecs("DescribeServices", cluster="nope", services=["web"])


def test_a_service_with_desired_tasks_is_deleted_only_by_force(world: World) -> None:
    group = world.target_group()
    world.service("web", 2, group)
    world.run(120)
    with refused("InvalidParameterException"):
        world.ecs("DeleteService", cluster="prod", service="web")
    world.ecs("DeleteService", cluster="prod", service="web", force=True)
    assert world.describe()["status"] == "DRAINING"
    assert world.ecs("ListServices", cluster="prod")["serviceArns"] == []
    world.run(60)
    assert world.describe()["status"] == "INACTIVE"
    assert world.health(group) == {}
    with refused("ServiceNotActiveException"):
        world.ecs("UpdateService", cluster="prod", service="web", desiredCount=1)
    world.service("web", 1, group)
    assert world.describe()["status"] == "ACTIVE"


def test_a_name_is_taken_while_the_service_exists(world: World) -> None:
    world.service("web", 0)
    with refused("InvalidParameterException"):
        world.service("web", 0)


def test_services_are_listed_in_pages_of_ten(world: World) -> None:
    for number in range(12):
        world.service(f"svc-{number}", 0)
    first = world.ecs("ListServices", cluster="prod")
    second = world.ecs("ListServices", cluster="prod", nextToken=first["nextToken"])
    assert (len(first["serviceArns"]), len(second["serviceArns"])) == (10, 2)
    assert "nextToken" not in second


def test_services_are_listed_by_launch_type(world: World) -> None:
    world.service("spot", 0)
    world.service("plain", 0, launchType="FARGATE")
    listed = world.ecs("ListServices", cluster="prod", launchType="FARGATE")["serviceArns"]
    assert [arn.rsplit("/", 1)[1] for arn in listed] == ["plain"]


def test_unknown_operations_name_themselves(world: World) -> None:
    with pytest.raises(UnsupportedOperation, match="ecs:ExecuteCommand"):
        world.twin.call("ExecuteCommand", {}, CALLER)


def test_what_is_not_simulated_is_refused_and_not_treated_as_something_else(
    world: World,
) -> None:
    params = {"deploymentConfiguration": {"earlySuccessCriteria": {"enable": True}}}
    with pytest.raises(UnsupportedOperation, match=r"early success"):
        world.service("web", 1, **params)


def test_propagated_tags_reach_the_tasks(world: World) -> None:
    tags = [{"key": "team", "value": "shop"}]
    world.service("web", 1, tags=tags, propagateTags="SERVICE")
    world.run(5)
    arn = world.tasks()[0]["taskArn"]
    shown = world.ecs("DescribeTasks", cluster="prod", tasks=[arn], include=["TAGS"])
    assert shown["tasks"][0]["tags"] == tags
