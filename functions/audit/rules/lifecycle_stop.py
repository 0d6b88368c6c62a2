"""LIF: how long containers and their targets may take to leave."""

from __future__ import annotations

from audit.model.load_balancing import DEFAULT_DEREGISTRATION_DELAY_S, TargetGroup
from audit.model.surroundings import CapacityProvider
from audit.model.task_definition import Container
from audit.rule import Fix, Profile, Severity, Verdicts, failed, passed, put, rule, unknown

_EC2_SPOT_NOTICE_S = 120


@rule(
    "LIF-02",
    "Containers on EC2 stop within the two minutes of a Spot interruption",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html",
    remedy='set "stopTimeout" to at most 120; without it the agent\'s ECS_CONTAINER_STOP_TIMEOUT decides',
    anchors=(),
)
def stops_on_ec2_spot(container: Container) -> Verdicts:
    task, node = container.task_definition, container["stopTimeout"]
    if not container.essential or not task.ec2 or task.fargate:
        return
    seconds = node.whole()
    if seconds is None:
        yield unknown(
            node,
            f"stopTimeout of {container.label} depends on ECS_CONTAINER_STOP_TIMEOUT of the instance",
        )
        return
    if seconds <= _EC2_SPOT_NOTICE_S:
        yield passed(node, f"stopTimeout {seconds} s <= {_EC2_SPOT_NOTICE_S} s")
        return
    providers = [
        task.graph.find(CapacityProvider, share.provider)
        for service in task.services
        for share in service.strategy.shares
        if share.used and share.provider != "EC2"
    ]
    spot = [each.label for each in providers if each.spot]
    if spot:
        yield failed(
            node,
            f"stopTimeout {seconds} s of {container.label} > {_EC2_SPOT_NOTICE_S} s, which is all "
            "that a Spot "
            f"interruption of {', '.join(spot)} leaves: {seconds - _EC2_SPOT_NOTICE_S} s too many",
            put(node, _EC2_SPOT_NOTICE_S),
        )
    else:
        yield unknown(node, f"whether {container.label} runs on Spot instances is not known")


@rule(
    "LIF-05",
    "Targets drain as long as requests take, and not much longer",
    on=TargetGroup,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html",
    remedy='set "deregistration_delay.timeout_seconds" to the longest request: 30 to 60 for a web API',
    anchors=(),
)
def deregistration_delay(group: TargetGroup) -> Verdicts:
    if not group.services:
        return
    delay, slowest = group.deregistration_delay, group.slowest_response
    node = group.attribute("deregistration_delay.timeout_seconds")
    fix = Fix(node.path, "60")
    if slowest is not None and delay < slowest:
        yield failed(
            node,
            f"the deregistration delay of {group.label} is {delay} s < {slowest:g} s, which 1 % of its "
            "requests take: every deployment cuts them",
            severity=Severity.HIGH,
        )
    elif delay == 0:
        yield failed(
            node,
            f"the deregistration delay of {group.label} is 0 s: every deployment cuts the requests that are "
            "being answered",
            fix,
            severity=Severity.MEDIUM,
        )
    elif delay > DEFAULT_DEREGISTRATION_DELAY_S:
        yield failed(
            node,
            f"the deregistration delay of {group.label} is {delay} s: so long every stopping task waits",
            fix,
            severity=Severity.LOW,
        )
    elif delay == DEFAULT_DEREGISTRATION_DELAY_S:
        default = "" if node.given else " (the default)"
        yield failed(
            node,
            f"the deregistration delay of {group.label} is {delay} s{default}: no error, but each step of a "
            "deployment and each scale-in takes five minutes",
            fix,
        )
    else:
        yield passed(node, f"deregistration delay {delay} s")
