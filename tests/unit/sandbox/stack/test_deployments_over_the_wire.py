"""A service whose deployments fail, seen with botocore clients and on the event bus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account
from sandbox.ecs import App

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"
LOGS = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/ecs/web",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "web",
    },
}


def release(account: Account, tag: str) -> str:
    answer = account.client("ecs").register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": f"{IMAGE}:{tag}", "logConfiguration": LOGS}],
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


def serve(account: Account, **configuration: Any) -> None:
    account.images.push(f"{IMAGE}:v1")
    account.client("logs").create_log_group(logGroupName="/ecs/web")
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE"])
    ecs.create_service(
        cluster="prod",
        serviceName="web",
        desiredCount=1,
        launchType="FARGATE",
        taskDefinition=release(account, "v1"),
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a0a0a0a0a0a0a0a0"]}},
        deploymentConfiguration=configuration,
    )
    account.run_for(120)
    account.trace.clear()


def deploy(account: Account, tag: str, **params: Any) -> None:
    definition = release(account, tag)
    account.client("ecs").update_service(
        cluster="prod", service="web", taskDefinition=definition, **params
    )


def current(account: Account) -> dict[str, Any]:
    ecs = account.client("ecs")
    arn = ecs.describe_services(cluster="prod", services=["web"])["services"][0][
        "currentServiceDeployment"
    ]
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def events(account: Account, detail_type: str) -> list[dict[str, Any]]:
    found = [entry["event"] for entry in account.trace.select("event")]
    return [event for event in found if event["detail-type"] == detail_type]


def test_a_missing_image_is_rolled_back_by_the_breaker() -> None:
    breaker = {
        "enable": True,
        "rollback": True,
        "thresholdConfiguration": {"type": "COUNT", "value": 1},
        "resetOnHealthyTask": False,
    }
    with Account() as account:
        serve(account, deploymentCircuitBreaker=breaker)
        deploy(account, "v2")
        account.run_for(600)
        entry = current(account)
        assert entry["status"] == "ROLLBACK_SUCCESSFUL"
        assert entry["deploymentConfiguration"]["deploymentCircuitBreaker"] == breaker
        names = [e["detail"]["eventName"] for e in events(account, "ECS Deployment State Change")]
        assert [name.removeprefix("SERVICE_DEPLOYMENT_") for name in names] == [
            "IN_PROGRESS",
            "FAILED",
            "IN_PROGRESS",
            "COMPLETED",
        ]
        with pytest.raises(ClientError, match="ImageNotFoundException"):
            account.client("ecr").describe_images(
                repositoryName="app", imageIds=[{"imageTag": "v2"}]
            )


def test_a_stop_that_comes_too_late_is_a_conflict_over_the_wire_too() -> None:
    with Account() as account:
        serve(account)
        account.images.push(f"{IMAGE}:v2")
        deploy(account, "v2")
        account.run_for(5)
        account.ecs.just_before("StopServiceDeployment", lambda: account.ecs.succeed("web"))
        with pytest.raises(ClientError) as refused:
            account.client("ecs").stop_service_deployment(
                serviceDeploymentArn=current(account)["serviceDeploymentArn"], stopType="ROLLBACK"
            )
        assert refused.value.response["Error"]["Code"] == "ConflictException"
        assert current(account)["status"] == "SUCCESSFUL"


def test_what_a_crashing_application_wrote_can_be_read() -> None:
    with Account() as account:
        serve(account)
        account.images.push(f"{IMAGE}:v2")
        account.ecs.behave("web:2", App.crash("Traceback", "KeyError: 'PORT'"))
        deploy(account, "v2")
        account.run_for(60)
        stopped = next(
            event["detail"]
            for event in events(account, "ECS Task State Change")
            if event["detail"]["lastStatus"] == "STOPPED"
        )
        task = stopped["taskArn"].rsplit("/", 1)[1]
        answer = account.client("logs").get_log_events(
            logGroupName="/ecs/web", logStreamName=f"web/web/{task}", limit=1
        )
        assert [each["message"] for each in answer["events"]] == ["KeyError: 'PORT'"]


def alarm(account: Account, state: str, reason: str = "Threshold Crossed") -> None:
    account.client("cloudwatch").set_alarm_state(
        AlarmName="errors",
        StateValue=state,
        StateReason=reason,
        StateReasonData='{"version":"1.0"}',
    )


def create_alarm(account: Account) -> None:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        AlarmDescription="too many errors",
        Namespace="Web",
        MetricName="Errors",
        Dimensions=[{"Name": "Service", "Value": "web"}],
        Period=60,
        EvaluationPeriods=1,
        Statistic="Sum",
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def test_an_alarm_that_changes_its_state_is_an_event() -> None:
    with Account() as account:
        create_alarm(account)
        alarm(account, "ALARM")
        alarm(account, "ALARM")
        account.run_for(1)
        (event,) = events(account, "CloudWatch Alarm State Change")
        assert event["source"] == "aws.cloudwatch"
        assert event["resources"] == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"]
        detail = event["detail"]
        assert detail["alarmName"] == "errors"
        assert detail["state"] == {
            "value": "ALARM",
            "reason": "Threshold Crossed",
            "reasonData": '{"version":"1.0"}',
            "timestamp": "2026-01-05T09:00:00.000+0000",
        }
        assert detail["previousState"]["value"] == "OK"
        assert detail["configuration"] == {
            "description": "too many errors",
            "metrics": [
                {
                    "id": "errors",
                    "metricStat": {
                        "metric": {
                            "namespace": "Web",
                            "name": "Errors",
                            "dimensions": {"Service": "web"},
                        },
                        "period": 60,
                        "stat": "Sum",
                    },
                    "returnData": True,
                }
            ],
        }
        described = account.client("cloudwatch").describe_alarms(AlarmNames=["errors"])
        assert described["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_an_unknown_alarm_has_no_state() -> None:
    with Account() as account, pytest.raises(ClientError, match="ResourceNotFound"):
        alarm(account, "ALARM")


def test_an_alarm_of_the_account_fails_a_deployment() -> None:
    with Account() as account:
        create_alarm(account)
        watched = {"alarmNames": ["errors"], "enable": True, "rollback": True}
        serve(account)
        account.images.push(f"{IMAGE}:v2")
        deploy(account, "v2", deploymentConfiguration={"alarms": watched})
        account.run_for(30)
        alarm(account, "ALARM")
        account.run_for(120)
        entry = current(account)
        assert entry["status"] == "ROLLBACK_SUCCESSFUL"
        assert entry["alarms"]["triggeredAlarmNames"] == ["errors"]


HOOK = """
import json, os

def handler(event, context):
    print(json.dumps(event))
    if os.environ["ANSWER"] == "RAISE":
        raise RuntimeError("the probe is broken")
    return {"hookStatus": os.environ["ANSWER"]}
"""


def template(answer: str, *, trusted: str = "ecs.amazonaws.com", allowed: bool = True) -> dict:
    statement = {
        "Effect": "Allow" if allowed else "Deny",
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
    }
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": trusted},
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "invoke",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            }
        ],
    }
    function = {
        "CodeUri": "code/",
        "Handler": "hook.handler",
        "Runtime": "python3.13",
        "Environment": {"Variables": {"ANSWER": answer}},
    }
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Hook": {"Type": "AWS::Serverless::Function", "Properties": function},
            "Infrastructure": {"Type": "AWS::IAM::Role", "Properties": role},
        },
        "Outputs": {"InfrastructureArn": {"Value": {"Fn::GetAtt": ["Infrastructure", "Arn"]}}},
    }


@pytest.mark.parametrize(
    ("answer", "options", "status", "detail"),
    [
        ("SUCCEEDED", {}, "SUCCESSFUL", ""),
        ("FAILED", {}, "ROLLBACK_SUCCESSFUL", "returned FAILED status."),
        ("RAISE", {}, "ROLLBACK_SUCCESSFUL", "HookStatus must not be null."),
        ("SUCCEEDED", {"trusted": "ec2.amazonaws.com"}, "ROLLBACK_SUCCESSFUL", "assume role"),
        ("SUCCEEDED", {"allowed": False}, "ROLLBACK_SUCCESSFUL", "unable to invoke"),
    ],
)
def test_a_function_of_the_account_decides_about_a_deployment(
    tmp_path: Path, answer: str, options: dict[str, Any], status: str, detail: str
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "hook.py").write_text(HOOK)
    (tmp_path / "template.yaml").write_text(json.dumps(template(answer, **options)))
    with Account() as account:
        stack = account.deploy(tmp_path / "template.yaml")
        serve(account)
        account.images.push(f"{IMAGE}:v2")
        hook = {
            "targetType": "AWS_LAMBDA",
            "hookTargetArn": account.functions.get(stack.ref("Hook")).arn,
            "roleArn": stack.deployed.outputs["InfrastructureArn"],
            "lifecycleStages": ["PRE_SCALE_UP"],
        }
        deploy(account, "v2", deploymentConfiguration={"lifecycleHooks": [hook]})
        account.run_for(180)
        entry = current(account)
        assert entry["status"] == status
        assert detail in entry.get("statusReason", "")


def test_a_stage_that_botocore_does_not_know_passes_the_wire() -> None:
    """PRE_PRODUCTION_TRAFFIC_SHIFT is missing in the enumeration of ``lifecycleStage``."""
    with Account() as account:
        elb = account.client("elbv2")
        balancer = elb.create_load_balancer(Name="web", Subnets=["subnet-0a0a0a0a0a0a0a0a0"])
        groups = []
        for port, name in enumerate(("blue", "green"), start=80):
            answer = elb.create_target_group(
                Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip"
            )
            groups.append(answer["TargetGroups"][0]["TargetGroupArn"])
            elb.create_listener(
                LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
                Protocol="HTTP",
                Port=port,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[-1]}],
            )
        pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
        serve(account, strategy="BLUE_GREEN", bakeTimeInMinutes=0)
        advanced = {"alternateTargetGroupArn": groups[1], "roleArn": "arn:aws:iam::1:role/r"}
        balanced = {
            "targetGroupArn": groups[0],
            "containerName": "web",
            "containerPort": 80,
            "advancedConfiguration": advanced,
        }
        account.images.push(f"{IMAGE}:v2")
        hooks = {"lifecycleHooks": [pause]}
        deploy(account, "v2", loadBalancers=[balanced], deploymentConfiguration=hooks)
        account.run_for(300)
        assert current(account)["lifecycleStage"] == "PRE_PRODUCTION_TRAFFIC_SHIFT"
