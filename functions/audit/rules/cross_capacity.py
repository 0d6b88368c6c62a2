"""X: settings of several resources that undo each other."""

from __future__ import annotations

from audit.model.node import Unknown
from audit.model.service import Service, group_arns
from audit.rule import Profile, Severity, Verdicts, drop, failed, passed, rule
from audit.rules.scaling_target import predefined_metric

_CREATE = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"


@rule(
    "X-05",
    "The cluster's strategy is used",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.COST,
    source=_CREATE,
    remedy='remove "launchType", or give the service a "capacityProviderStrategy" of its own',
    anchors=(),
)
def strategy_is_used(service: Service) -> Verdicts:
    node = service["launchType"]
    if service["capacityProviderStrategy"].items():
        return
    shares = service.cluster["defaultCapacityProviderStrategy"].items()
    names = [share["capacityProvider"].text() or "" for share in shares]
    if not shares:
        return
    if node.given and names != [node.text()]:
        yield failed(
            node,
            f"launchType {node.text()} overrides the default strategy of {service.cluster.label} "
            f"({', '.join(names)}): no task ever runs there",
            drop(node),
        )
    else:
        yield passed(node)


@rule(
    "X-06",
    "The scaling follows a target group of the service",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html",
    remedy='set "ResourceLabel" to app/<load balancer>/<id>/targetgroup/<target group>/<id> of the service',
    anchors=(),
)
def own_metric(service: Service) -> Verdicts:
    target = service.scalable_target
    if target is None:
        return
    groups = {
        arn.rpartition(":")[2] for entry in service.load_balancers for arn in group_arns(entry)
    }
    for policy in target.policies:
        if predefined_metric(policy) != "ALBRequestCountPerTarget":
            continue
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        node = tracking["PredefinedMetricSpecification"]["ResourceLabel"]
        label = node.text() or ""
        group = label[label.find("targetgroup/") :] if "targetgroup/" in label else ""
        if group in groups:
            yield passed(service["loadBalancers"])
        else:
            own = ", ".join(sorted(groups)) or "no target group"
            yield failed(
                node,
                f"the policy follows {group or 'no target group'}, the service has {own}: it scales with "
                "somebody else's load, or not at all",
                place=policy,
            )


@rule(
    "X-08",
    "ECS Exec works where it is switched on",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    remedy='set "enableExecuteCommand" to false, or mount writable volumes at /managed-agents, '
    "/var/lib/amazon/ssm and /var/log/amazon/ssm",
    anchors=(),
)
def exec_works(service: Service) -> Verdicts:
    node = service["enableExecuteCommand"]
    if not node.flag():
        yield passed(node)
        return
    for container in service.task_definition.containers:
        mounts = {each["containerPath"].text() for each in container["mountPoints"].items()}
        if container["readonlyRootFilesystem"].flag() and "/managed-agents" not in mounts:
            yield failed(
                node,
                f"enableExecuteCommand is true, but the root file system of {container.label} is "
                "read-only: the agent of ECS Exec cannot start in it",
            )
        else:
            yield passed(node)


@rule(
    "X-09",
    "Rebalancing over zones can happen",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html",
    remedy='set "maximumPercent" above 100, or "availabilityZoneRebalancing" to "DISABLED"',
    anchors=(),
)
def rebalancing_possible(service: Service) -> Verdicts:
    node = service["availabilityZoneRebalancing"]
    if node.text() != "ENABLED":
        return
    reasons = [
        reason
        for holds, reason in (
            (service.maximum_percent <= 100, f"maximumPercent is {service.maximum_percent}"),
            (service.daemon, "the service is a DAEMON"),
            (service.controller == "EXTERNAL", "the deployment controller is EXTERNAL"),
            (
                any(entry["loadBalancerName"].given for entry in service.load_balancers),
                "it uses a Classic Load Balancer",
            ),
        )
        if holds
    ]
    if reasons:
        said = (
            f"availabilityZoneRebalancing is ENABLED, but {reasons[0]}: nothing is ever rebalanced"
        )
        yield failed(node, said)
    else:
        yield passed(node)


@rule(
    "X-12",
    "The smallest count reaches the on-demand base",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
    remedy='set "MinCapacity" to at least the base',
    anchors=(),
)
def base_is_reached(service: Service) -> Verdicts:
    base = sum(share.base for share in service.strategy.shares)
    target = service.scalable_target
    if target is None or base == 0:
        return
    least = target["MinCapacity"].whole()
    if least is None:
        raise Unknown("MinCapacity is not given", ("MinCapacity",))
    node = target["MinCapacity"]
    if least < base:
        said = (
            f"MinCapacity {least} is below the base of {base}: the floor is not what it looks like"
        )
        yield failed(node, said, place=target)
    else:
        yield passed(service["desiredCount"])
