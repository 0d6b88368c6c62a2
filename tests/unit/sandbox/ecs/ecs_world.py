"""A small account: one cluster, one task definition, one load balancer, in virtual time."""

from __future__ import annotations

import random
from typing import Any

from sandbox.caller import Caller
from sandbox.clock import VirtualClock
from sandbox.ecs import EcsSettings, EcsTwin
from sandbox.elb import TargetGroups

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
CALLER = Caller("arn:aws:iam::123456789012:user/operator", "123456789012", "eu-west-1")
SUBNETS = ["subnet-a", "subnet-b", "subnet-c"]


class World:
    """A twin, a load balancer, and what they have sent so far."""

    def __init__(self, clock: VirtualClock, settings: EcsSettings, seed: int = 1) -> None:
        rng = random.Random(seed)
        self.clock = clock
        self.events: list[dict[str, Any]] = []
        self.targets = TargetGroups(clock, rng)
        self.twin = EcsTwin(clock, self.events.append, rng, self.targets, settings)
        for index, subnet in enumerate(SUBNETS):
            self.twin.network.add_subnet(subnet, f"eu-west-1{'abc'[index]}", f"10.0.{index}.0/24")
        self.ecs("CreateCluster", clusterName="prod", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        self.task_definition()

    def ecs(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.twin.call(operation, params, CALLER)

    def elb(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.targets.call(operation, params, CALLER)

    def run(self, seconds: float) -> None:
        self.clock.run_for(seconds)

    def task_definition(self, family: str = "web", **container: Any) -> str:
        definition = {
            "name": family,
            "image": f"registry/{family}:1",
            "portMappings": [{"containerPort": 8080}],
            **container,
        }
        answer = self.ecs(
            "RegisterTaskDefinition",
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[definition],
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def target_group(
        self, name: str = "web", port: int = 80, delay: int = 10, **params: Any
    ) -> str:
        group = self.elb(
            "CreateTargetGroup",
            Name=name,
            Protocol="HTTP",
            Port=port,
            VpcId="vpc-1",
            **{"TargetType": "ip", "HealthCheckIntervalSeconds": 5} | params,
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elb(
            "ModifyTargetGroupAttributes",
            TargetGroupArn=group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
        )
        balancer = self.elb("CreateLoadBalancer", Name=f"{name}-lb")["LoadBalancers"][0]
        self.elb(
            "CreateListener",
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return group

    def service(self, name: str = "web", count: int = 2, *groups: str, **params: Any) -> dict:
        defaults: dict[str, Any] = {
            "cluster": "prod",
            "serviceName": name,
            "taskDefinition": "web",
            "desiredCount": count,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": SUBNETS}},
            "loadBalancers": [
                {"targetGroupArn": group, "containerName": "web", "containerPort": 8080}
                for group in groups
            ],
        }
        if "launchType" not in params:
            defaults["capacityProviderStrategy"] = [
                {"capacityProvider": "FARGATE_SPOT", "weight": 1}
            ]
        return self.ecs("CreateService", **(defaults | params))["service"]

    def run_task(self, count: int = 1, **params: Any) -> dict[str, Any]:
        defaults: dict[str, Any] = {
            "cluster": "prod",
            "taskDefinition": "web",
            "count": count,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
        }
        if "capacityProviderStrategy" not in params:
            defaults["launchType"] = "FARGATE"
        return self.ecs("RunTask", **(defaults | params))

    def describe(self, name: str = "web", **params: Any) -> dict[str, Any]:
        return self.ecs("DescribeServices", cluster="prod", services=[name], **params)["services"][
            0
        ]

    def tasks(self, name: str = "web", status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs("ListTasks", cluster="prod", serviceName=name, desiredStatus=status)[
            "taskArns"
        ]
        if not arns:
            return []
        return self.ecs("DescribeTasks", cluster="prod", tasks=arns)["tasks"]

    def task(self, arn: str) -> dict[str, Any]:
        return self.ecs("DescribeTasks", cluster="prod", tasks=[arn])["tasks"][0]

    def health(self, group: str) -> dict[tuple[str, int], str]:
        answer = self.elb("DescribeTargetHealth", TargetGroupArn=group)
        return {
            (each["Target"]["Id"], each["Target"]["Port"]): each["TargetHealth"]["State"]
            for each in answer["TargetHealthDescriptions"]
        }

    def details(self, detail_type: str, **fields: Any) -> list[dict[str, Any]]:
        return [
            event["detail"]
            for event in self.events
            if event["detail-type"] == detail_type
            and all(event["detail"].get(name) == value for name, value in fields.items())
        ]

    def history(self, task_arn: str) -> list[tuple[str, str, int]]:
        return [
            (each["lastStatus"], each["desiredStatus"], each["version"])
            for each in self.details("ECS Task State Change", taskArn=task_arn)
        ]


def address(task: dict[str, Any]) -> str:
    return task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
