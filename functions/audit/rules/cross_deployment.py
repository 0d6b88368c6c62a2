"""X: is there room to deploy?"""

from __future__ import annotations

from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule


@rule(
    "X-04",
    "A rolling deployment can start or stop a task",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html",
    remedy='set "deploymentConfiguration.maximumPercent" so that one more task fits: 200',
    anchors=(),
)
def room_to_deploy(service: Service) -> Verdicts:
    if not service.rolling or service.daemon:
        return
    desired = service.desired_count
    if desired < 1:
        return
    minimum, maximum = service.minimum_healthy_percent, service.maximum_percent
    # API reference, DeploymentConfiguration: the minimum is rounded up, the maximum is rounded down.
    at_least = -(-desired * minimum // 100)
    at_most = desired * maximum // 100
    node = service["deploymentConfiguration"]["maximumPercent"]
    sums = (
        f"with desiredCount {desired}, minimumHealthyPercent {minimum} keeps {at_least} "
        f"and maximumPercent {maximum} allows {at_most}"
    )
    if at_most > desired or at_least < desired:
        yield passed(node, sums)
    else:
        yield failed(
            node, f"{sums}: no task may start or stop, the deployment never moves", put(node, 200)
        )
