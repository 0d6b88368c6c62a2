"""CAP: capacity provider strategies that do what they look like."""

from __future__ import annotations

from audit.model.resource import short_name
from audit.model.service import Service
from audit.model.surroundings import CapacityProvider
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_STRATEGY = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html"
_SPOT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html"
)
_AUTO_SCALING = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html"
)
_MOST_PROVIDERS = 20


@rule(
    "CAP-01",
    "The capacity provider strategy is a possible one",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_STRATEGY,
    remedy='give at least one provider a "weight" above 0, only one a "base", and only providers of the '
    "cluster",
    anchors=(),
)
def possible_strategy(service: Service) -> Verdicts:
    node = service["capacityProviderStrategy"]
    if service.described or not node.items():
        return
    shares = service.strategy.shares
    based = [share.provider for share in shares if share.base > 0]
    if len(shares) > _MOST_PROVIDERS:
        yield failed(node, f"{len(shares)} providers, {_MOST_PROVIDERS} are the most")
    elif all(share.weight == 0 for share in shares):
        yield failed(
            node,
            "every weight is 0: at least one capacity provider must have a weight greater than zero",
        )
    elif len(based) > 1:
        yield failed(
            node, f"{' and '.join(based)} have a base: only one capacity provider can have one"
        )
    else:
        yield from _associated(service)


def _associated(service: Service) -> Verdicts:
    known = service.cluster["capacityProviders"].texts()
    for share in service.strategy.shares:
        node = share.node["capacityProvider"]
        if short_name(share.provider) in map(short_name, known):
            yield passed(node)
        else:
            said = f"{share.provider} is not associated with {service.cluster.label}"
            yield failed(node, f"{said}, which has {', '.join(known) or 'no capacity providers'}")


@rule(
    "CAP-02",
    "Not everything is on Spot",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_SPOT,
    remedy='give FARGATE a "base" of at least 1, or watch it with a fallback',
    anchors=(),
)
def not_only_spot(service: Service) -> Verdicts:
    strategy = service.strategy
    if not strategy.spot:
        return
    on_demand = [share for share in strategy.shares if share.provider == "FARGATE" and share.used]
    if on_demand:
        yield passed(strategy.node)
        return
    desired = service["desiredCount"].whole()
    if desired == 1:
        yield failed(
            strategy.node,
            f"the only task of {service.label} is on Fargate Spot: an interruption is an outage",
            severity=Severity.HIGH,
        )
    elif service.production:
        yield failed(
            strategy.node,
            f"all of {service.label} is on Fargate Spot in production: when Spot runs dry, ECS does not "
            "replace it with on-demand capacity",
        )
    else:
        yield passed(strategy.node)


@rule(
    "CAP-03",
    "Fargate Spot has the platform that the task needs",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_SPOT,
    remedy='run Windows tasks on FARGATE; set "platformVersion" to "LATEST"',
    anchors=(),
)
def spot_platform(service: Service) -> Verdicts:
    if not service.strategy.spot:
        return
    task, node = service.task_definition, service["platformVersion"]
    version = node.text() or "LATEST"
    arm = (task["runtimePlatform"]["cpuArchitecture"].text() or "X86_64") == "ARM64"
    needed = (1, 4, 0) if arm else (1, 3, 0)
    if task.windows:
        yield failed(
            service.strategy.node,
            "Windows tasks on FARGATE_SPOT: Windows containers on Fargate can't use the Fargate Spot "
            "capacity provider",
        )
    elif _numbers(version) is not None and (_numbers(version) or ()) < needed:
        wanted = ".".join(map(str, needed))
        said = f"platformVersion {version} on FARGATE_SPOT, which needs {wanted} or later"
        yield failed(node, said, put(node, "LATEST"))
    else:
        yield passed(node)


def _numbers(version: str) -> tuple[int, ...] | None:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


@rule(
    "CAP-04",
    "The weights of a strategy ever matter",
    on=Service,
    severity=Severity.INFO,
    profile=Profile.COST,
    source=_STRATEGY,
    remedy='lower "base" below the largest number of tasks, or leave one provider',
    anchors=(),
)
def weights_matter(service: Service) -> Verdicts:
    shares = service.strategy.shares
    base = sum(share.base for share in shares)
    if len([share for share in shares if share.used]) < 2 or base == 0:
        return
    target = service.scalable_target
    most = (target["MaxCapacity"].whole() if target else None) or service.desired_count
    node = next(share.node["base"] for share in shares if share.base)
    if base >= most:
        yield failed(
            node, f"base {base} covers all of at most {most} tasks: the weights never count"
        )
    else:
        yield passed(node)


@rule(
    "CAP-05",
    "A capacity provider of instances looks after its tasks",
    on=CapacityProvider,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_AUTO_SCALING,
    remedy='set "managedDraining", "managedTerminationProtection" and "managedScaling.status" '
    'to "ENABLED"',
    anchors=("SecurityHub:ECS.19",),
)
def looks_after_tasks(provider: CapacityProvider) -> Verdicts:
    group = provider["autoScalingGroupProvider"]
    if not group.given:
        return
    for field, default, harm in (
        ("managedDraining", "ENABLED", "an instance goes with its tasks still running"),
        ("managedTerminationProtection", "DISABLED", "scale-in ends instances that run tasks"),
    ):
        node = group[field]
        if (node.text() or default) == "DISABLED":
            given = "" if node.given else " (the default)"
            yield failed(node, f"{field} is DISABLED{given}: {harm}", put(node, "ENABLED"))
        else:
            yield passed(node)
    scaling = group["managedScaling"]
    if (scaling["status"].text() or "ENABLED") == "DISABLED":
        node = scaling["status"]
        said = "managedScaling is DISABLED: tasks that find no room wait for a person"
        yield failed(node, said, put(node, "ENABLED"))
    elif scaling["targetCapacity"].whole() == 100:
        node = scaling["targetCapacity"]
        said = (
            "targetCapacity is 100: every new task that does not fit waits for an instance to start"
        )
        yield failed(node, said, severity=Severity.LOW)
    else:
        yield passed(scaling)
