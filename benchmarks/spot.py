"""A storm side by side with one chain of calls for each event, and a whole Auto Scaling group at once.

Draining, verification, report and alerts are counted; other capabilities rest.
In virtual time: each call of a function takes 30 ms, and the account throttles at the published rates.
ECS itself does nothing in time (containers-roadmap#2673, or no room elsewhere): all is left to the tools.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.drain import percentile_99
from benchmarks.rest import rest_others
from benchmarks.results import ROOT, Result
from sandbox.account import Account
from sandbox.ec2 import Machine
from sandbox.ecs import App, EcsSettings
from sandbox.trace import Entry
from sandbox.world import check_world

OUR_RULES = (
    "SpotInterruptionRule",
    "SpotInstanceRule",
    "LifecycleHookRule",
    "ContainerInstanceRule",
    "AlertRule",
)
TEMPLATE = ROOT / "template.yaml"
PER_EVENT = ROOT / "benchmarks" / "rivals" / "per_event.yaml"
LATENCY_S = 0.03
SERVICES, TASKS_EACH = 50, 20
INSTANCES, TASKS_PER_INSTANCE = 500, 2
WARM_UP_S, WATCH_S = 200.0, 300.0
ZONES = ("eu-west-1a", "eu-west-1b")
SETTINGS = EcsSettings(native_spot_deregistration="broken")


@dataclass(frozen=True, slots=True)
class Storm:
    """The functions' calls, when each target was out, and what was sent to dead ones."""

    calls: int
    delays: list[float]
    lost_s: float


def measure() -> Iterator[Result]:
    """All figures of this group."""
    yield from _storm()
    yield from _whole_group()


def _storm() -> Iterator[Result]:
    ours, usual = _run(TEMPLATE), _run(PER_EVENT)
    rival = "one chain of calls per event"
    yield Result(
        "spot.storm.calls_ratio",
        ours.calls / usual.calls,
        f"of the calls of {rival}, which neither verifies nor reports",
        None,
        {rival: 1.0},
    )
    yield Result(
        "spot.storm.seconds_ratio",
        percentile_99(ours.delays) / percentile_99(usual.delays),
        f"of the time until a target is out (p99) of {rival}",
        None,
        {rival: 1.0},
    )
    yield Result(
        "spot.storm.requests_lost",
        ours.lost_s,
        "target-seconds in rotation without an answer",
        "== 0",
        {rival: usual.lost_s},
    )


def _run(template: Path) -> Storm:
    with Account(seed=3, latency_s=LATENCY_S, throttling=True, ecs=SETTINGS) as account:
        stack = account.deploy(template)
        if template == TEMPLATE:
            rest_others(account, stack, OUR_RULES)
        for number in range(SERVICES):
            # They serve until SIGKILL, 30 s after the notice: who is out by then has lost nothing.
            account.ecs.behave(f"s{number}", App(stops_in_s=100, accepts_until="exit"))
        check_world(_world(), "benchmark").build(account)
        account.run_for(WARM_UP_S)
        account.trace.clear()
        began = account.clock.now()
        account.ecs.interrupt()
        account.run_for(WATCH_S)
        return Storm(len(_calls(account)), _delays(account, began), _lost(account))


def _whole_group() -> Iterator[Result]:
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
            for call in _calls(account, "UpdateContainerInstancesState")
            for _ in call["parameters"]["containerInstances"]
        ]
        lost = sum(account.targets.lost_request_seconds(group).values())
        yield Result("spot.asg500.p99_s", percentile_99(drained), "s until DRAINING", None)
        yield Result(
            "spot.asg500.out_p99_s",
            percentile_99(_delays(account, began)),
            "s until a target is out, of which 20 are ECS's",
            "<= 25",
        )
        yield Result(
            "spot.asg500.requests_lost",
            lost,
            "target-seconds in rotation without an answer",
            "== 0",
        )
        yield Result("spot.asg500.calls", len(_calls(account)), "AWS calls for 1,000 tasks", None)


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


def _calls(account: Account, operation: str | None = None) -> list[Entry]:
    return [
        entry
        for entry in account.trace.select("call")
        if entry.get("function") and operation in (None, entry["operation"])
    ]


def _delays(account: Account, began: float) -> list[float]:
    """How long each target took until it was out."""
    out: dict[tuple[str, str, int], float] = {}
    for call in _calls(account, "DeregisterTargets"):
        if call["outcome"] == "ok":
            for target in call["parameters"]["Targets"]:
                key = call["parameters"]["TargetGroupArn"], target["Id"], target["Port"]
                out.setdefault(key, call["ended"] - began)
    return list(out.values())


def _lost(account: Account) -> float:
    groups = account.client("elbv2").get_paginator("describe_target_groups").paginate()
    arns = [group["TargetGroupArn"] for page in groups for group in page["TargetGroups"]]
    return sum(sum(account.targets.lost_request_seconds(arn).values()) for arn in arns)


def _world() -> dict[str, Any]:
    services = [
        {
            "name": f"s{number}",
            "count": TASKS_EACH,
            "containers": [{"name": "app", "port": 8080}],
            "target_groups": [{"name": f"s{number}-{group}"} for group in range(2)],
        }
        for number in range(SERVICES)
    ]
    return {"clusters": [{"name": "prod", "services": services}]}
