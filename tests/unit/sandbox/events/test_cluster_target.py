"""A cluster as the target of rules and schedules, and what CloudTrail tells of it."""

import json

import pytest

from sandbox.ecs.launch_failures import LaunchFailure
from sandbox.stack.roles import Role
from tests.unit.sandbox.events.queue_target import bodies, make_rule, shop_event

ROLE = "arn:aws:iam::123456789012:role/scheduler"
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"
TRAIL = {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": ["RunTask"]}}


def policy(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.fixture
def role(account):
    services = {"Service": ["scheduler.amazonaws.com", "events.amazonaws.com"]}
    role = Role("scheduler", ROLE, policy(Action="sts:AssumeRole", Principal=services))
    role.inline["run"] = policy(Action="ecs:RunTask", Resource="*")
    account.roles.add(role)
    return role


@pytest.fixture
def target(account, role):
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    account.ecs.network.add_subnet("subnet-a", "eu-west-1a", "10.0.0.0/24")
    definition = ecs.register_task_definition(
        family="report",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "report:1"}],
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"Subnets": ["subnet-a"], "AssignPublicIp": "DISABLED"}}
    return {
        "Arn": CLUSTER,
        "RoleArn": ROLE,
        "EcsParameters": {
            "TaskDefinitionArn": definition,
            "TaskCount": 2,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": network,
        },
    }


def schedule(account, target, **changes):
    account.client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="cron(0 * * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target | changes,
    )


def tasks(account):
    ecs = account.client("ecs")
    arns = ecs.list_tasks(cluster="prod")["taskArns"]
    return ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"] if arns else []


def test_a_schedule_runs_tasks_in_its_own_name(account, target):
    overrides = {"containerOverrides": [{"name": "app", "command": ["report", "all"]}]}
    schedule(account, target, Input=json.dumps(overrides))
    account.run_for(3_601)
    started = tasks(account)
    assert [task["startedBy"] for task in started] == ["chronos-schedule/nightly"] * 2
    assert started[0]["overrides"] == overrides


def test_a_rule_runs_tasks_in_its_own_name(account, target):
    make_rule(account)
    account.client("events").put_targets(Rule="watch", Targets=[{"Id": "run", **target}])
    account.put_event(shop_event(order=1))
    account.run_for(1)
    assert [task["startedBy"] for task in tasks(account)] == ["events-rule/watch"] * 2


def test_a_launch_that_fails_is_told_to_nobody_and_not_tried_again(account, target):
    account.ecs.fail_launches(LaunchFailure("AGENT", times=2))
    schedule(account, target)
    account.run_for(3_601)
    assert tasks(account) == []
    account.run_for(1_800)
    assert tasks(account) == []
    assert not account.trace.select("dead_letter")


def test_a_role_that_may_not_run_the_task_delivers_nothing(account, target, role):
    role.inline["run"] = policy(Action="ecs:RunTask", Resource="arn:aws:ecs:*:*:task-definition/x")
    schedule(account, target)
    account.run_for(3_601)
    assert tasks(account) == []


def test_cloudtrail_tells_of_a_scheduled_launch_and_its_failures(account, target):
    url = make_rule(account, "trail", TRAIL)
    account.ecs.fail_launches(LaunchFailure("RESOURCE:CPU", times=1))
    schedule(account, target)
    account.run_for(3_610)
    [event] = bodies(account, url)
    detail = event["detail"]
    assert (event["source"], detail["eventSource"]) == ("aws.ecs", "ecs.amazonaws.com")
    assert detail["userIdentity"]["invokedBy"] == "scheduler.amazonaws.com"
    assert detail["requestParameters"]["startedBy"] == "chronos-schedule/nightly"
    assert detail["responseElements"]["failures"] == [{"reason": "RESOURCE:CPU"}]
    assert len(detail["responseElements"]["tasks"]) == 1


def test_cloudtrail_tells_of_a_write_call_and_of_its_error_but_of_no_read(account, target):
    url = make_rule(account, "trail", {"detail-type": ["AWS API Call via CloudTrail"]})
    ecs = account.client("ecs")
    environment = [{"name": "TOKEN", "value": "very-secret"}]
    ecs.register_task_definition(
        family="api",
        containerDefinitions=[{"name": "api", "image": "api", "environment": environment}],
    )
    ecs.describe_clusters(clusters=["prod"])
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.run_task(cluster="nope", taskDefinition="api")
    account.run_for(10)
    said = bodies(account, url)
    by_name = {event["detail"]["eventName"]: event["detail"] for event in said}
    assert set(by_name) == {"RegisterTaskDefinition", "RunTask"}
    assert by_name["RunTask"]["errorCode"] == "ClusterNotFoundException"
    assert by_name["RunTask"]["responseElements"] is None
    revision = by_name["RegisterTaskDefinition"]["responseElements"]["taskDefinition"]["revision"]
    assert revision == 1
    assert "very-secret" not in json.dumps(said)


def test_cloudtrail_tells_of_services_that_moto_answers(account, target):
    url = make_rule(account, "trail", {"source": ["aws.elasticloadbalancing"]})
    account.client("elbv2").create_target_group(Name="web", TargetType="lambda")
    account.run_for(10)
    [event] = bodies(account, url)
    assert event["detail"]["eventName"] == "CreateTargetGroup"
    assert event["detail"]["requestParameters"]["name"] == "web"


def test_without_a_rule_nothing_is_put_on_the_bus(account, target):
    account.run_for(10)
    kinds = [entry["event"]["detail-type"] for entry in account.trace.select("event")]
    assert "AWS API Call via CloudTrail" not in kinds
