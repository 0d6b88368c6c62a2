"""X: do the times of draining fit together?"""

from __future__ import annotations

from audit.model.service import Service
from audit.rule import Fix, Profile, Severity, Verdicts, failed, passed, put, rule

# AWS Fargate Spot termination notice: "a two-minute warning"; with it deregistration and SIGTERM begin.
SPOT_NOTICE_S = 120


@rule(
    "X-01",
    "Targets on Fargate Spot drain before the two minutes are over",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://repost.aws/knowledge-center/fargate-spot-termination-notice",
    remedy='set the target group\'s "deregistration_delay.timeout_seconds" below 120',
    anchors=(),
)
def spot_drain(service: Service) -> Verdicts:
    if not service.load_balancers or not service.strategy.spot:
        return
    for entry, group in service.target_groups:
        delay = group.deregistration_delay
        node = group.attribute("deregistration_delay.timeout_seconds")
        if delay < SPOT_NOTICE_S:
            yield passed(entry, f"deregistration delay {delay} s < {SPOT_NOTICE_S} s")
            continue
        default = "" if node.given else " (the default)"
        yield failed(
            node,
            f"the deregistration delay of {group.label} is {delay} s{default}, but a Spot interruption "
            f"leaves {SPOT_NOTICE_S} s: {delay - SPOT_NOTICE_S} s too many, the last connections are cut",
            Fix(node.path, "60"),
            place=group,
        )


@rule(
    "X-17",
    "On Spot, a container lives as long as its target drains",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://repost.aws/knowledge-center/fargate-spot-termination-notice",
    remedy='set the container\'s "stopTimeout" to the deregistration delay or more, both below 120',
    anchors=(),
)
def lives_while_it_drains(service: Service) -> Verdicts:
    # In a normal stop SIGTERM comes after the draining; a Spot interruption sends it at once.
    if not service.load_balancers or not service.strategy.spot:
        return
    task = service.task_definition
    for entry, group in service.target_groups:
        container = task.container(entry["containerName"].text() or "")
        if container is None:  # VAL-16 says so
            continue
        delay, seconds = group.deregistration_delay, container.stop_timeout
        if delay >= SPOT_NOTICE_S:  # X-01 says so
            continue
        node = container["stopTimeout"]
        default = "" if node.given else " (the default)"
        said = f"stopTimeout {seconds} s{default} of {container.label}"
        if seconds >= delay:
            yield passed(entry, f"{said} >= deregistration delay {delay} s")
            continue
        yield failed(
            node,
            f"{said}, but {group.label} lets connections end for {delay} s: on Spot both begin with the "
            f"warning, so whatever takes longer than {seconds} s is cut {delay - seconds} s early",
            put(node, delay),
            place=task,
        )
