"""The demo's scene of an EC2 Spot instance that ends while ECS cannot move its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sandbox.cli.timeline import Timeline
from sandbox.ec2 import Machine

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.cli.stage import Stage

_CLUSTER, _SERVICE = "ec2", "shop"
_ZONES = ("eu-west-1a", "eu-west-1b")
_WARM_UP_S, _WATCH_S = 180, 150
_TOLD = ("UpdateContainerInstancesState", "DeregisterTargets", "StopTask")


def an_instance_is_taken(console: Console, stage: Stage) -> bool:
    """Scene: minimum healthy 100 %, no room elsewhere. Whether no request went to a dead task."""
    account = stage.account
    console.print()
    title = (
        f"Scene: Spot takes an instance of {_CLUSTER}/{_SERVICE}; ECS has no room to move its task"
    )
    console.print(Text(title, style="bold"))
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=_CLUSTER)
    machine = Machine(cluster=_CLUSTER, cpu=512)
    taken, _ = (account.fleet.launch(machine, zone) for zone in _ZONES)
    account.run_for(60)
    group = _service(ecs, account.client("elbv2"))
    account.run_for(_WARM_UP_S)
    account.trace.clear()
    began = account.clock.now()
    account.fleet.interrupt([taken])
    account.run_for(_WATCH_S)
    timeline = Timeline(console, began, stage.logical_id)
    for call in account.trace.select("call"):
        if call.get("function") and call["operation"] in _TOLD:
            timeline.line(call["started"], "CALL", _words(call["operation"], call["outcome"]))
    lost = sum(account.targets.lost_request_seconds(group).values())
    timeline.line(
        account.clock.now(),
        "RESULT",
        f"ECS moved nothing; time in which requests went to a dead task: {lost:.1f} s",
    )
    timeline.end()
    return lost == 0


def _words(operation: str, outcome: str) -> str:
    what = {
        "UpdateContainerInstancesState": "DRAINING: ECS has 20 s to move what it can",
        "DeregisterTargets": "what is still registered is taken out",
        "StopTask": "SIGTERM in time for the task's own stop timeout",
    }[operation]
    return f"{operation} ({outcome}): {what}"


def _service(ecs: Any, elb: Any) -> str:
    group = elb.create_target_group(
        Name=_SERVICE, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=attributes)
    balancer = elb.create_load_balancer(Name=_SERVICE)["LoadBalancers"][0]["LoadBalancerArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    ecs.register_task_definition(
        family=_SERVICE,
        networkMode="bridge",
        requiresCompatibilities=["EC2"],
        cpu="512",
        memory="512",
        containerDefinitions=[
            {"name": "app", "image": "shop:1", "portMappings": [{"containerPort": 8080}]}
        ],
    )
    ecs.create_service(
        cluster=_CLUSTER,
        serviceName=_SERVICE,
        taskDefinition=_SERVICE,
        launchType="EC2",
        desiredCount=2,
        enableECSManagedTags=True,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
    )
    return str(group)
