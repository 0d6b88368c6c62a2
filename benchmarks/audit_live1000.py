"""The daily audit of 1,000 services, through the shipped function, in virtual time.

Every AWS call takes 30 ms, and the account throttles at the published rates. What counts is the time that
the calls and the function's own pace take; what the rules need on top is ``audit.definitions_per_s``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.results import ROOT, Result
from sandbox.account import ACCOUNT, REGION, Account
from sandbox.gateway.throttling import Quota, Throttles
from sandbox.lambda_host.invocation import Invocation

SERVICES, CLUSTERS, LATENCY_S = 1000, 10, 0.03
# "Quotas for your Application Load Balancers": 50 by default.
_BALANCERS = 40
_SUBNETS = ["subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"]
_DUE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
# Lambda gives a function no longer.
_LONGEST_S = 900
# "Request throttling for the Elastic Load Balancing API". The account throttles ECS and CloudWatch itself.
_ELB = Quota(
    40,
    10,
    frozenset(
        {
            "DescribeTargetGroups",
            "DescribeTargetGroupAttributes",
            "DescribeLoadBalancers",
            "DescribeLoadBalancerAttributes",
            "DescribeListeners",
        }
    ),
)


def measure() -> Iterator[Result]:
    """One audit. Nothing in it depends on this machine."""
    calls, seconds = audited(SERVICES)
    yield Result(
        "audit.live1000.calls",
        calls.total(),
        "AWS calls",
        None,
        dict(calls.most_common(4)),
    )
    yield Result("audit.live1000.s", seconds, "s", f"<= {_LONGEST_S}")


def audited(services: int) -> tuple[Counter[str], float]:
    """The calls and the seconds that the audit of so many services takes."""
    with Account(latency_s=LATENCY_S, throttling=True) as account:
        stack = account.deploy(ROOT / "template.yaml")
        _build(account, services)
        account.trace.clear()
        record = {
            "messageId": "1",
            "receiptHandle": "1",
            "body": json.dumps(_DUE),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": stack.ref("AuditQueue"),
            "awsRegion": REGION,
        }
        answer = account.invoke("AuditFunction", {"Records": [record]})
        entries = account.trace.select("call")
    calls = Counter(entry["operation"] for entry in entries if entry.get("function"))
    _check(services, answer, entries, calls)
    return calls, answer.duration_ms / 1000


def _check(services: int, answer: Invocation, entries: Any, calls: Counter[str]) -> None:
    """Everything was read, and nothing was refused or would be."""
    if answer.error or answer.result != {"batchItemFailures": []}:
        raise RuntimeError(f"the audit failed: {answer.error or answer.result}")
    refused = Counter(
        (entry["operation"], entry["outcome"]) for entry in entries if entry["outcome"] != "ok"
    )
    if refused:
        raise RuntimeError(f"not every call was answered: {refused}")
    buckets = Throttles({"elbv2": {"describe": _ELB}}, None)
    for entry in sorted(entries, key=lambda entry: float(entry["started"])):
        call = entry["service"], entry["operation"]
        if not buckets.admit(("", ""), call, {}, entry["started"]):
            raise RuntimeError(f"{call} is faster than its published rate")
    if calls["DescribeTargetGroupAttributes"] != services:
        raise RuntimeError(f"not every service was read: {calls}")


def _build(account: Account, services: int) -> None:
    elbv2 = account.client("elbv2")
    balancers = [
        elbv2.create_load_balancer(Name=f"balancer-{number}", Subnets=_SUBNETS)["LoadBalancers"][0]
        for number in range(min(_BALANCERS, services))
    ]
    for number in range(CLUSTERS):
        account.client("ecs").create_cluster(
            clusterName=f"prod-{number}", capacityProviders=["FARGATE", "FARGATE_SPOT"]
        )
    for number in range(services):
        arn = balancers[number % len(balancers)]["LoadBalancerArn"]
        _service(account, f"web-{number:04}", f"prod-{number % CLUSTERS}", arn)


def _service(account: Account, name: str, cluster: str, balancer: str) -> None:
    """A service with a task definition, role, log group, target group and scaling of its own."""
    elbv2 = account.client("elbv2")
    group = elbv2.create_target_group(
        Name=name, Protocol="HTTP", Port=8080, VpcId="vpc-0123456789abcdef0", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=1024 + int(name[-4:]),
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    account.client("logs").create_log_group(logGroupName=f"/ecs/{name}")
    account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    account.client("ecs").register_task_definition(**_definition(name))
    account.client("ecs").create_service(
        cluster=cluster,
        serviceName=name,
        desiredCount=0,
        taskDefinition=name,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": _SUBNETS, "securityGroups": ["sg-0123456789abcdef0"]}
        },
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
    )
    _scaling(account, f"service/{cluster}/{name}")


def _definition(name: str) -> dict[str, Any]:
    options = {
        "awslogs-group": f"/ecs/{name}",
        "awslogs-region": REGION,
        "awslogs-stream-prefix": "app",
    }
    return {
        "family": name,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "containerDefinitions": [
            {
                "name": "app",
                "image": f"{name}:1",
                "portMappings": [{"containerPort": 8080}],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    }


def _scaling(account: Account, resource: str) -> None:
    scaling = account.client("application-autoscaling")
    what = {
        "ServiceNamespace": "ecs",
        "ResourceId": resource,
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**what, MinCapacity=2, MaxCapacity=10)
    for metric in ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"):
        scaling.put_scaling_policy(
            **what,
            PolicyName=metric,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
            },
        )
