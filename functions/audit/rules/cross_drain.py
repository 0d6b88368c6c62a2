"""X: do the times of draining fit together?"""

from __future__ import annotations

from audit.model.service import Service
from audit.rule import Fix, Profile, Severity, Verdicts, failed, passed, rule

# AWS Fargate Spot termination notice: "a two-minute warning", for deregistration and stopping together.
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
    for entry in service.load_balancers:
        group = service.target_group(entry)
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
