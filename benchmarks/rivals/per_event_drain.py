"""Spot draining with one chain of calls for each event: the rival in a storm.

As published functions do it, with their faults mended: the rule matches, the port is given, a queue keeps
what fails. It acts on a task's first event alone, so a table to remember tasks by would only add calls.
"""

from __future__ import annotations

import json
from typing import Any

import boto3

ecs = boto3.client("ecs")
elbv2 = boto3.client("elbv2")


def handler(event: dict[str, Any], _context: object) -> None:
    """Take tasks out of the target groups of their services."""
    for record in event["Records"]:
        drain(json.loads(record["body"])["detail"])


def drain(task: dict[str, Any]) -> None:
    """DescribeServices, and DeregisterTargets for each target group."""
    name = task["group"].removeprefix("service:")
    addresses = [
        detail["value"]
        for attachment in task["attachments"]
        if attachment["type"] == "eni"
        for detail in attachment["details"]
        if detail["name"] == "privateIPv4Address"
    ]
    answer = ecs.describe_services(cluster=task["clusterArn"], services=[name])
    for service in answer["services"]:
        for balancer in service["loadBalancers"]:
            targets = [{"Id": address, "Port": balancer["containerPort"]} for address in addresses]
            elbv2.deregister_targets(TargetGroupArn=balancer["targetGroupArn"], Targets=targets)  # type: ignore[arg-type]
