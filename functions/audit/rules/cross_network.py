"""X: addresses and ports between load balancer, subnets and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.model.load_balancing import TargetGroup
from audit.model.node import Node, Unknown
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule
from audit.rules.security_network import admits


@rule(
    "X-13",
    "One revision runs, and it is the one that is audited",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html",
    remedy="finish the deployment, or roll it back",
    anchors=(),
)
def one_revision(service: Service) -> Verdicts:
    running = {
        deployment["taskDefinition"].text() or ""
        for field in ("deployments", "taskSets")
        for deployment in service[field].items()
        if (deployment["runningCount"].whole() or 0) > 0
        and deployment["rolloutState"].text() != "IN_PROGRESS"
    }
    node = service["deployments"]
    if len(running) > 1:
        names = " and ".join(sorted(name.rpartition("/")[2] for name in running))
        yield failed(node, f"{names} run side by side, and no deployment is in progress")
    elif running:
        yield passed(node)


@rule(
    "X-14",
    "The subnets have addresses for a deployment at the largest count",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html",
    remedy="add subnets, or lower MaxCapacity or maximumPercent",
    anchors=(),
)
def enough_addresses(service: Service) -> Verdicts:
    names = set(service.network["subnets"].texts())
    if not names:
        return
    sharing = service.graph.services_in(names)
    # What the others may take elsewhere, they need not take here.
    subnets = {id(subnet): subnet for each in sharing for subnet in each.subnets}
    free = sum(_free(subnet["AvailableIpAddressCount"]) for subnet in subnets.values())
    needed = sum(_most_tasks(each) - (each["runningCount"].whole() or 0) for each in sharing)
    node = service.network["subnets"]
    said = f"{len(sharing)} services may need {needed} more addresses, {free} are free"
    if needed > free:
        yield failed(node, f"{said}: a deployment at full scale cannot place its tasks")
    else:
        yield passed(node, said)


def _free(node: Node) -> int:
    count = node.whole()
    if count is None:
        raise Unknown("the free addresses of a subnet were not read", node.path)
    return count


def _most_tasks(service: Service) -> int:
    target = service.scalable_target
    most = target["MaxCapacity"].whole() if target else None
    count = most if most is not None else service.desired_count
    return count * service.maximum_percent // 100


@rule(
    "X-16",
    "The load balancer reaches the tasks",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html",
    remedy="let the tasks' security group admit the load balancer's group on the container port and the "
    "port of the health check",
    anchors=(),
)
def balancer_reaches_tasks(service: Service) -> Verdicts:
    if not service.load_balancers or not service.network["securityGroups"].texts():
        return
    for entry, group, balancer in service.routes:
        groups = balancer["SecurityGroups"].texts()
        if not groups:
            continue
        closed = _closed_ports(service, _ports(entry, group), set(groups))
        node = service.network["securityGroups"]
        if closed:
            yield failed(
                node,
                f"no security group of {service.label} admits {balancer.label} on port "
                f"{', '.join(map(str, closed))}: every target stays unhealthy",
            )
        else:
            yield passed(node)


def _ports(entry: Node, group: TargetGroup) -> Iterator[int]:
    """Where requests go, and where health checks do."""
    traffic, checked = entry["containerPort"].whole(), group["HealthCheckPort"].text()
    if traffic is not None:
        yield traffic
    if checked and checked.isdecimal():
        yield int(checked)


def _closed_ports(service: Service, ports: Iterable[int], sources: set[str]) -> list[int]:
    permissions = [
        permission
        for group in service.security_groups
        for permission in group["IpPermissions"].items()
    ]
    return sorted(
        port
        for port in set(ports)
        if not any(admits(each, port) and _from(each, sources) for each in permissions)
    )


def _from(permission: Node, sources: set[str]) -> bool:
    groups = {each["GroupId"].text() for each in permission["UserIdGroupPairs"].items()}
    # Any address range may be the load balancer's own: only what surely leaves it out is a finding.
    ranges = (permission[each].items() for each in ("IpRanges", "Ipv6Ranges", "PrefixListIds"))
    return bool(groups & sources) or any(ranges)
