"""A whole Auto Scaling group at once: virtual time, 30 ms a call, the published rates.

Draining, verification, report and alerts are counted; other capabilities rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.drain import percentile_99
from benchmarks.interrupted import (
    LATENCY_S,
    OUR_RULES,
    SETTINGS,
    TEMPLATE,
    WARM_UP_S,
    WATCH_S,
    calls_of,
    delays_of,
)
from benchmarks.rest import rest_others
from benchmarks.results import Result
from sandbox.account import Account
from sandbox.ec2 import Machine
from spot_drain.interruption import NOTICE_S
from spot_drain.plan import DEFAULT_STOP_TIMEOUT_S

INSTANCES, TASKS_PER_INSTANCE = 500, 2
ZONES = ("eu-west-1a", "eu-west-1b")


def measure() -> Iterator[Result]:
    """500 instances of one group, full, minimum healthy 100 %: ECS moves nothing."""
    with Account(seed=3, latency_s=LATENCY_S, throttling=True, ecs=SETTINGS) as account:
        rest_others(account, account.deploy(TEMPLATE), OUR_RULES)
        group = _service_on_instances(account)
        account.trace.clear()
        began = account.clock.now()
        account.fleet.interrupt()
        account.run_for(WATCH_S)
        drained = [
            call["ended"] - began
            for call in calls_of(account, "UpdateContainerInstancesState")
            for _ in call["parameters"]["containerInstances"]
        ]
        lost = sum(account.targets.lost_request_seconds(group).values())
        yield Result("spot.asg500.p99_s", percentile_99(drained), "s until DRAINING", None)
        yield Result(
            "spot.asg500.out_p99_s",
            percentile_99(delays_of(account, began)),
            "s until a target is out, of which 20 are ECS's",
            "<= 25",
        )
        yield Result(
            "spot.asg500.requests_lost",
            lost,
            "target-seconds in rotation without an answer",
            "== 0",
        )
        yield Result(
            "spot.asg500.late_sigterm",
            _late_stops(account, began),
            "of 1,000 tasks told to stop when less than their stop timeout was left",
            "== 0",
        )
        yield Result("spot.asg500.calls", len(calls_of(account)), "AWS calls for 1,000 tasks", None)


def _late_stops(account: Account, began: float) -> int:
    """Tasks for which StopTask succeeded too late, or never did; nothing else stops them here."""
    latest = began + NOTICE_S - DEFAULT_STOP_TIMEOUT_S
    in_time = {
        call["parameters"]["task"]
        for call in calls_of(account, "StopTask")
        if call["outcome"] == "ok" and call["ended"] <= latest
    }
    return INSTANCES * TASKS_PER_INSTANCE - len(in_time)


def _service_on_instances(account: Account) -> str:
    ecs, elb = account.client("ecs"), account.client("elbv2")
    ecs.create_cluster(clusterName="prod")
    machine = Machine(cpu=512 * TASKS_PER_INSTANCE)
    account.groups.create("spot", machine, INSTANCES, ZONES)
    account.run_for(60)
    group = elb.create_target_group(
        Name="web", Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=attributes)
    balancer = elb.create_load_balancer(Name="web")["LoadBalancers"][0]["LoadBalancerArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    container: dict[str, Any] = {
        "name": "app",
        "image": "app:1",
        "portMappings": [{"containerPort": 80}],
    }
    ecs.register_task_definition(
        family="web",
        networkMode="bridge",
        requiresCompatibilities=["EC2"],
        cpu="512",
        memory="512",
        containerDefinitions=[container],
    )
    ecs.create_service(
        cluster="prod",
        serviceName="web",
        taskDefinition="web",
        launchType="EC2",
        desiredCount=INSTANCES * TASKS_PER_INSTANCE,
        enableECSManagedTags=True,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
    )
    account.run_for(WARM_UP_S)
    return str(group)
