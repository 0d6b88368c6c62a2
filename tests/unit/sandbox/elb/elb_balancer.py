"""A load balancer and its target groups, in virtual time."""

from __future__ import annotations

import random
from typing import Any

from sandbox.caller import Caller
from sandbox.clock import VirtualClock
from sandbox.elb import TargetGroups

CALLER = Caller("operator", "123456789012", "eu-west-1")


class Balancer:
    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.groups = TargetGroups(clock, random.Random(3))

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.groups.call(operation, params, CALLER)

    def group(self, name: str = "web", *, in_use: bool = True, **params: Any) -> str:
        settings = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip"}
        answer = self.call(
            "CreateTargetGroup", Name=name, HealthCheckIntervalSeconds=10, **(settings | params)
        )
        arn: str = answer["TargetGroups"][0]["TargetGroupArn"]
        if in_use:
            self.attach(arn)
        return arn

    def attach(self, group: str) -> None:
        answer = self.call("CreateLoadBalancer", Name="front", Subnets=["subnet-a"])
        self.call(
            "CreateListener",
            LoadBalancerArn=answer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[
                {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group}]}}
            ],
        )

    def delay(self, group: str, seconds: int) -> None:
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}
        self.call("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=[attribute])

    def register(self, group: str, *targets: dict[str, Any]) -> None:
        self.call("RegisterTargets", TargetGroupArn=group, Targets=list(targets))

    def deregister(self, group: str, *targets: dict[str, Any]) -> None:
        self.call("DeregisterTargets", TargetGroupArn=group, Targets=list(targets))

    def health(self, group: str, *targets: dict[str, Any]) -> list[tuple[str, int, str, str]]:
        params = {"Targets": list(targets)} if targets else {}
        answer = self.call("DescribeTargetHealth", TargetGroupArn=group, **params)
        return [
            (
                each["Target"]["Id"],
                each["Target"]["Port"],
                each["TargetHealth"]["State"],
                each["TargetHealth"].get("Reason", ""),
            )
            for each in answer["TargetHealthDescriptions"]
        ]


def target(address: str = "10.0.0.4", port: int | None = None) -> dict[str, Any]:
    return {"Id": address} | ({"Port": port} if port else {})
