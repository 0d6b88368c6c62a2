"""CodeDeploy deploys an ECS service, seen with botocore clients and on the event bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account
from sandbox.ecs import App

NAMES = {"applicationName": "shop", "deploymentGroupName": "web"}
SUBNET = "subnet-0a0a0a0a0a0a0a0a0"


class Shop:
    """An application whose one deployment group deploys one service."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.ecs, self.deploy = account.client("ecs"), account.client("codedeploy")
        self.groups = [self._target_group(name) for name in ("blue", "green")]

    def begin(self, **settings: Any) -> None:
        self.ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE"])
        self.ecs.create_service(
            cluster="prod",
            serviceName="web",
            desiredCount=2,
            launchType="FARGATE",
            deploymentController={"type": "CODE_DEPLOY"},
            taskDefinition=self.release(),
            networkConfiguration={"awsvpcConfiguration": {"subnets": [SUBNET]}},
            loadBalancers=[
                {"targetGroupArn": self.groups[0], "containerName": "web", "containerPort": 80}
            ],
        )
        self.deploy.create_application(applicationName="shop", computePlatform="ECS")
        self.deploy.create_deployment_group(**self.settings() | settings)
        self.account.run_for(120)
        self.account.trace.clear()

    def settings(self) -> dict[str, Any]:
        termination = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 10}
        pair = {
            "targetGroups": [{"name": "blue"}, {"name": "green"}],
            "prodTrafficRoute": {"listenerArns": ["arn:listener"]},
        }
        return {
            **NAMES,
            "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
            "ecsServices": [{"clusterName": "prod", "serviceName": "web"}],
            "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
            "blueGreenDeploymentConfiguration": {
                "terminateBlueInstancesOnDeploymentSuccess": termination,
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            },
        }

    def release(self) -> str:
        answer = self.ecs.register_task_definition(
            family="web",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "web", "image": "web:1", "portMappings": [{"containerPort": 80}]}
            ],
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def create(self, definition: str | None = None, **params: Any) -> str:
        content = json.dumps(app_spec(definition or self.release()))
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        answer = self.deploy.create_deployment(**NAMES, revision=revision, **params)
        return answer["deploymentId"]

    def get(self, deployment_id: str) -> dict[str, Any]:
        return self.deploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]

    def served(self) -> set[str]:
        (service,) = self.ecs.describe_services(cluster="prod", services=["web"])["services"]
        return {
            each["taskDefinition"].rsplit(":", 1)[1]
            for each in service["taskSets"]
            if each["status"] == "PRIMARY"
        }

    def task_sets(self) -> int:
        (service,) = self.ecs.describe_services(cluster="prod", services=["web"])["services"]
        return len(service["taskSets"])

    def told(self) -> list[tuple[str, str]]:
        found = [entry["event"] for entry in self.account.trace.select("event")]
        return [
            (event["detail"]["state"], event["detail"]["deploymentId"])
            for event in found
            if event["source"] == "aws.codedeploy"
        ]

    def _target_group(self, name: str) -> str:
        elb = self.account.client("elbv2")
        answer = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip"
        )
        arn = answer["TargetGroups"][0]["TargetGroupArn"]
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
        elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[attribute])
        balancer = elb.create_load_balancer(Name=name, Subnets=[SUBNET])["LoadBalancers"][0]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
        return arn


def app_spec(definition: str) -> dict[str, Any]:
    properties = {
        "TaskDefinition": definition,
        "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80},
    }
    target = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    return {"version": 0.0, "Resources": [target]}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Account() as account:
        yield Shop(account)


def rolling_back(*events: str) -> dict[str, Any]:
    return {"autoRollbackConfiguration": {"enabled": True, "events": list(events)}}


def test_a_deployment_shifts_the_traffic_and_ends_with_the_original_task_set(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create(description="a release")
    shop.account.run_for(180)
    assert shop.get(deployment)["status"] == "InProgress"
    assert shop.get(deployment)["instanceTerminationWaitTimeStarted"]
    assert (shop.served(), shop.task_sets()) == ({"2"}, 2)
    shop.account.run_for(660)
    shown = shop.get(deployment)
    assert (shown["status"], shown["creator"]) == ("Succeeded", "user")
    assert shown["description"] == "a release"
    assert (shop.served(), shop.task_sets()) == ({"2"}, 1)
    assert shop.told() == [("START", deployment), ("SUCCESS", deployment)]


def test_the_event_has_the_documented_fields(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create()
    shop.account.run_for(5)
    event = next(
        entry["event"]
        for entry in shop.account.trace.select("event")
        if entry["event"]["source"] == "aws.codedeploy"
    )
    assert event["detail-type"] == "CodeDeploy Deployment State-change Notification"
    prefix = "arn:aws:codedeploy:eu-west-1:123456789012"
    assert event["resources"] == [
        f"{prefix}:application:shop",
        f"{prefix}:deploymentgroup:shop/web",
    ]
    assert event["detail"].pop("instanceGroupId")
    assert event["detail"] == {
        "region": "eu-west-1",
        "application": "shop",
        "deploymentId": deployment,
        "state": "START",
        "deploymentGroup": "web",
    }


def test_only_the_revision_shows_what_was_deployed(shop: Shop) -> None:
    shop.begin()
    definition = shop.release()
    deployment = shop.create(definition)
    revision = shop.get(deployment)["revision"]
    assert "content" not in revision["appSpecContent"]
    answer = shop.deploy.get_application_revision(applicationName="shop", revision=revision)
    content = json.loads(answer["revision"]["appSpecContent"]["content"])
    assert content == app_spec(definition)
    with pytest.raises(ClientError, match="RevisionDoesNotExistException"):
        shop.deploy.get_application_revision(
            applicationName="shop",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0"}},
        )


def test_a_second_deployment_has_to_wait_for_the_first(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create()
    with pytest.raises(ClientError) as refused:
        shop.create()
    error = refused.value.response["Error"]
    assert error["Code"] == "DeploymentLimitExceededException"
    assert f"already has an active Deployment '{deployment}'" in error["Message"]


@pytest.mark.parametrize("after_s", [20, 300])
def test_a_stop_with_rollback_gives_the_traffic_back(shop: Shop, after_s: int) -> None:
    """Before the traffic has shifted, and while the original task set still waits."""
    shop.begin()
    deployment = shop.create()
    shop.account.run_for(after_s)
    answer = shop.deploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    assert answer["status"] == "Succeeded"
    stopped = shop.get(deployment)
    assert stopped["status"] == "Stopped"
    assert stopped["errorInformation"]["code"] == "MANUAL_STOP"
    assert stopped["rollbackInfo"] == {}
    shop.account.run_for(60)
    rollback = shop.get(deployment)["rollbackInfo"]["rollbackDeploymentId"]
    shown = shop.get(rollback)
    assert (shown["status"], shown["creator"]) == ("Succeeded", "codeDeployRollback")
    assert shown["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment
    assert (shop.served(), shop.task_sets()) == ({"1"}, 1)
    assert shop.told() == [
        ("START", deployment),
        ("STOP", deployment),
        ("START", rollback),
        ("SUCCESS", rollback),
    ]


def test_a_stop_without_rollback_leaves_the_traffic_where_it_is(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create()
    shop.account.run_for(300)
    shop.deploy.stop_deployment(deploymentId=deployment)
    shop.account.run_for(60)
    assert shop.served() == {"2"}
    assert shop.get(deployment)["rollbackInfo"] == {}


def test_what_has_ended_cannot_be_stopped(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create()
    shop.account.run_for(1200)
    with pytest.raises(ClientError, match="DeploymentAlreadyCompletedException"):
        shop.deploy.stop_deployment(deploymentId=deployment)
    with pytest.raises(ClientError, match="DeploymentDoesNotExistException"):
        shop.deploy.stop_deployment(deploymentId="d-UNKNOWN00")


def test_tasks_that_never_become_healthy_time_out_after_an_hour(shop: Shop) -> None:
    shop.begin(**rolling_back("DEPLOYMENT_FAILURE"))
    shop.account.ecs.behave("web:2", App.unhealthy(500))
    deployment = shop.create()
    shop.account.run_for(3500)
    assert shop.get(deployment)["status"] == "InProgress"
    shop.account.run_for(300)
    failed = shop.get(deployment)
    assert (failed["status"], failed["errorInformation"]["code"]) == ("Failed", "TIMEOUT")
    assert shop.get(failed["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"
    assert [state for state, _ in shop.told()] == ["START", "FAILURE", "START", "SUCCESS"]
    target = shop.deploy.batch_get_deployment_targets(
        deploymentId=deployment, targetIds=["prod:web"]
    )["deploymentTargets"][0]["ecsTarget"]
    last = target["lifecycleEvents"][-1]
    assert (last["lifecycleEventName"], last["status"]) == ("Install", "Failed")
    assert "60 minutes" in last["diagnostics"]["message"]


def test_an_alarm_stops_a_deployment_and_rolls_it_back(shop: Shop) -> None:
    cloudwatch = shop.account.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Web",
        MetricName="Errors",
        Period=60,
        EvaluationPeriods=1,
        Statistic="Sum",
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms = {"alarmConfiguration": {"enabled": True, "alarms": [{"name": "errors"}]}}
    shop.begin(**alarms, **rolling_back("DEPLOYMENT_STOP_ON_ALARM"))
    deployment = shop.create()
    shop.account.run_for(300)
    assert shop.served() == {"2"}
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    shop.account.run_for(60)
    stopped = shop.get(deployment)
    assert (stopped["status"], stopped["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert "errors" in stopped["errorInformation"]["message"]
    assert shop.served() == {"1"}


def test_a_rollback_without_the_original_task_set_deploys_the_last_revision_again(
    shop: Shop,
) -> None:
    shop.begin()
    shop.create()
    shop.account.run_for(1200)
    assert shop.served() == {"2"}
    failing = shop.create()
    shop.account.run_for(300)
    assert shop.served() == {"3"}
    (service,) = shop.ecs.describe_services(cluster="prod", services=["web"])["services"]
    original = next(each for each in service["taskSets"] if each["status"] != "PRIMARY")
    shop.ecs.delete_task_set(
        cluster="prod", service="web", taskSet=original["taskSetArn"], force=True
    )
    shop.account.run_for(120)
    shop.deploy.stop_deployment(deploymentId=failing, autoRollbackEnabled=True)
    shop.account.run_for(1200)
    assert shop.served() == {"2"}


def test_a_task_definition_that_is_gone_fails_the_deployment(shop: Shop) -> None:
    shop.begin()
    definition = shop.release()
    shop.ecs.deregister_task_definition(taskDefinition=definition)
    deployment = shop.create(definition)
    shop.account.run_for(10)
    assert shop.get(deployment)["errorInformation"]["code"] == "ECS_UPDATE_ERROR"


def test_somebody_has_to_let_the_traffic_shift(shop: Shop) -> None:
    blue_green = shop.settings()["blueGreenDeploymentConfiguration"]
    waiting = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}
    shop.begin(blueGreenDeploymentConfiguration=blue_green | {"deploymentReadyOption": waiting})
    first = shop.create()
    shop.account.run_for(300)
    assert (shop.get(first)["status"], shop.served()) == ("Ready", {"1"})
    shop.deploy.continue_deployment(deploymentId=first, deploymentWaitType="READY_WAIT")
    shop.account.run_for(900)
    assert (shop.get(first)["status"], shop.served()) == ("Succeeded", {"2"})
    second = shop.create()
    shop.account.run_for(3600)
    assert shop.get(second)["status"] == "Stopped"
    assert ("READY", second) in shop.told()
    with pytest.raises(ClientError, match="DeploymentIsNotInReadyStateException"):
        shop.deploy.continue_deployment(deploymentId=second, deploymentWaitType="READY_WAIT")


def test_a_test_can_let_a_deployment_fail_for_any_reason(shop: Shop) -> None:
    shop.begin()
    deployment = shop.create()
    shop.account.run_for(10)
    shop.account.code_deploy.fail(deployment, "HOOK_EXECUTION_FAILURE", "BeforeAllowTraffic failed")
    shop.account.run_for(10)
    assert shop.get(deployment)["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert ("FAILURE", deployment) in shop.told()
    assert (shop.served(), shop.task_sets()) == ({"1"}, 2)


def test_deployments_are_listed_newest_first_by_status(shop: Shop) -> None:
    shop.begin()
    first = shop.create()
    shop.account.run_for(1200)
    second = shop.create()
    assert shop.deploy.list_deployments(**NAMES)["deployments"] == [second, first]
    listed = shop.deploy.list_deployments(**NAMES, includeOnlyStatuses=["Succeeded"])
    assert listed["deployments"] == [first]
    group = shop.deploy.get_deployment_group(**NAMES)["deploymentGroupInfo"]
    assert group["lastSuccessfulDeployment"]["deploymentId"] == first


def test_a_service_of_another_controller_is_refused(shop: Shop) -> None:
    shop.begin(ecsServices=[{"clusterName": "prod", "serviceName": "other"}])
    with pytest.raises(ClientError, match="InvalidECSServiceException"):
        shop.create()


def test_update_service_is_no_way_to_deploy_such_a_service(shop: Shop) -> None:
    shop.begin()
    with pytest.raises(ClientError, match="CODE_DEPLOY deployment controller"):
        shop.ecs.update_service(cluster="prod", service="web", taskDefinition=shop.release())


def test_a_group_has_tags(shop: Shop) -> None:
    shop.begin(tags=[{"Key": "ecs-ops:rollback", "Value": "auto"}])
    arn = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/web"
    answer = shop.deploy.list_tags_for_resource(ResourceArn=arn)
    assert answer["Tags"] == [{"Key": "ecs-ops:rollback", "Value": "auto"}]


@pytest.mark.parametrize("content", ["{", "Resources: []", "version: 0.0"])
def test_an_app_spec_that_says_nothing_fails_the_deployment(shop: Shop, content: str) -> None:
    shop.begin()
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    deployment = shop.deploy.create_deployment(**NAMES, revision=revision)["deploymentId"]
    shop.account.run_for(10)
    assert shop.get(deployment)["status"] == "Failed"
