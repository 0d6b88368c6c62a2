"""A service that CodeDeploy deploys, under the shipped guard."""

from __future__ import annotations

import json
from typing import Any

from deploy_guard.audit import Audit, AuditRow
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Deployment
from sandbox.ecs import App
from sandbox.world_resources import create_alarm
from tests.integration.conftest import Operations
from tests.integration.deploy_guard.condemned import ALARM

SERVICES = "arn:aws:ecs:eu-west-1:123456789012:service"
SUBNET = "subnet-0a0a0a0a0a0a0a0a0"
AUTO = {"ecs-ops:rollback": "auto"}
# Without it the guard has no right to call CodeDeploy.
ALLOWED = {"DeployGuardCodeDeploy": "on"}
CHANGES = (
    *("StopDeployment", "CreateDeployment", "UpdateService", "StopServiceDeployment"),
    *("ContinueServiceDeployment", "RegisterTaskDefinition"),
)


class CodeDeployed:
    """A service, its deployment group, and what the guard says and does."""

    def __init__(
        self,
        world: Operations,
        name: str = "web",
        group: dict[str, Any] | None = None,
        **tags: str,
    ) -> None:
        self.world, self.name, self.settings = world, name, group or {}
        self.account = world.account
        self.arn = f"{SERVICES}/prod/{name}"
        self.names = {"applicationName": f"{name}-shop", "deploymentGroupName": name}
        self.ecs, self.deploy = self.account.client("ecs"), self.account.client("codedeploy")
        self.table = self.world.stack.ref("DeployGuardTable")
        self._begin(AUTO | tags)

    def _begin(self, tags: dict[str, str]) -> None:
        groups = [self._target_group(f"{self.name}-{colour}") for colour in ("blue", "green")]
        create_alarm(self.account, ALARM)
        self.ecs.create_cluster(clusterName="prod", capacityProviders=["FARGATE"])
        self.ecs.create_service(
            cluster="prod",
            serviceName=self.name,
            desiredCount=2,
            launchType="FARGATE",
            deploymentController={"type": "CODE_DEPLOY"},
            taskDefinition=self.register(),
            networkConfiguration={"awsvpcConfiguration": {"subnets": [SUBNET]}},
            loadBalancers=[
                {"targetGroupArn": groups[0], "containerName": "web", "containerPort": 80}
            ],
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
        self.deploy.create_application(applicationName=f"{self.name}-shop", computePlatform="ECS")
        self.deploy.create_deployment_group(**self._group(tags))
        self.account.run_for(120)

    def _group(self, tags: dict[str, str]) -> dict[str, Any]:
        return {
            **self.names,
            "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
            "ecsServices": [{"clusterName": "prod", "serviceName": self.name}],
            "loadBalancerInfo": {
                "targetGroupPairInfoList": [
                    {
                        "targetGroups": [
                            {"name": f"{self.name}-{one}"} for one in ("blue", "green")
                        ],
                        "prodTrafficRoute": {"listenerArns": ["arn:listener"]},
                    }
                ]
            },
            "blueGreenDeploymentConfiguration": {
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": 1,
                },
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            },
            "tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            **self.settings,
        }

    def register(self, app: App | None = None, image: str = "web:1") -> str:
        """A new revision; its ARN."""
        answer = self.ecs.register_task_definition(
            family=self.name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "web", "image": image, "portMappings": [{"containerPort": 80}]}
            ],
        )["taskDefinition"]
        self.account.ecs.behave(f"{self.name}:{answer['revision']}", app or App())
        return str(answer["taskDefinitionArn"])

    def release(self, app: App | None = None, *, seconds: float = 0) -> str:
        """Have CodeDeploy deploy a new revision; the deployment's id."""
        arn = self.register(app, "web:2")
        target = {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "TaskDefinition": arn,
                "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80},
            },
        }
        content = json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})
        answer = self.deploy.create_deployment(
            **self.names,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        )
        self.account.run_for(seconds)
        return str(answer["deploymentId"])

    def alarm(self, state: str) -> None:
        self.account.client("cloudwatch").set_alarm_state(
            AlarmName=ALARM, StateValue=state, StateReason="test"
        )

    @property
    def serving(self) -> list[str]:
        (service,) = self.ecs.describe_services(cluster="prod", services=[self.name])["services"]
        return [
            each["taskDefinition"].rpartition("/")[2]
            for each in service["taskSets"]
            if each["status"] == "PRIMARY"
        ]

    @property
    def rollbacks(self) -> list[tuple[str, dict[str, Any]]]:
        """What the guard changed."""
        return [
            (call["operation"], call["parameters"])
            for call in self.world.calls()
            if call["operation"] in CHANGES and call["outcome"] in ("ok", "timeout")
        ]

    @property
    def brought(self) -> set[str]:
        """The deployments that CodeDeploy has made."""
        return set(self.deploy.list_deployments(**self.names)["deployments"])

    @property
    def audit(self) -> list[AuditRow]:
        return list(reversed(Audit(self.account.client("dynamodb"), self.table).rows(self.arn)))

    def row(self, deployment: str) -> Deployment:
        store = LedgerStore(self.account.client("dynamodb"), self.table)
        found = store.read([self.arn])[self.arn].ledger.find(deployment)
        assert found is not None
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """Each stage once."""
        told: dict[str, dict[str, Any]] = {}
        for entry in self.world.trace.select("event"):
            event = entry["event"]
            if event["source"] == "ecs-ops" and event["detail"].get("service") == self.name:
                told.setdefault(event["detail"]["stage"], event["detail"])
        return list(told.values())

    def _target_group(self, name: str) -> str:
        elb = self.account.client("elbv2")
        answer = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip"
        )
        arn = str(answer["TargetGroups"][0]["TargetGroupArn"])
        balancer = elb.create_load_balancer(Name=name, Subnets=[SUBNET])["LoadBalancers"][0]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
        return arn
