"""SDC: containers that share one network namespace, and proxies before the application."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from audit.model import images
from audit.model.node import Node
from audit.model.ports import Ports
from audit.model.service import Service
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, passed, put, rule

_PORTS = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html"
# What decides how the program of an image behaves.
_ORDERS = ("entryPoint", "command", "environment", "environmentFiles", "secrets", "mountPoints")
_BALANCER = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html"


@rule(
    "SDC-01",
    "No two containers of a task claim one port",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source=_PORTS,
    remedy='give each container of the task a "containerPort" of its own; in awsvpc and host mode '
    'a "hostPort" '
    "cannot move it",
    anchors=(),
)
def one_port_each(task: TaskDefinition) -> Verdicts:
    claims = [
        (container, port)
        for container in task.containers
        for port in container.ports
        if task.one_namespace or port.host
    ]
    if not claims:
        return ()
    return examine(
        combinations(claims, 2),
        lambda pair: _clash(task, *pair),
        clean=task["containerDefinitions"],
    )


def _clash(
    task: TaskDefinition, one: tuple[Container, Ports], other: tuple[Container, Ports]
) -> Iterator[Verdict]:
    first, second = one[1], other[1]
    shared = first.overlaps(second) if task.one_namespace else first.host == second.host
    if not shared or first.protocol != second.protocol:
        return
    port = second.label if task.one_namespace else second.host
    who = " and ".join(dict.fromkeys((one[0].label, other[0].label)))
    yield failed(
        second.node,
        f"{who} both claim port {port}: {second.protocol.upper()} host port '{port}' is mapped "
        "multiple times "
        "in task",
    )


@rule(
    "SDC-02",
    "Two containers of one image are told to do different things",
    on=TaskDefinition,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_PORTS,
    remedy='give one of them another "image", "command" or "environment": a port mapping does not '
    "move the port "
    "that the program opens",
    anchors=(),
)
def same_image_twice(task: TaskDefinition) -> Verdicts:
    if not task.one_namespace or len(task.containers) < 2:
        return ()
    serving = [each for each in task.containers if each.ports]
    return examine(combinations(serving, 2), _twins, clean=task["containerDefinitions"])


def _twins(pair: tuple[Container, Container]) -> Iterator[Verdict]:
    one, other = pair
    if one.image and one.image == other.image and one.told(_ORDERS) == other.told(_ORDERS):
        yield failed(
            other["image"],
            f"{one.label} and {other.label} run {one.image} with the same command and environment: both open "
            "the same port in one network namespace, and the second one dies",
        )


@rule(
    "SDC-05",
    "The container that the load balancer talks to is essential",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source=_BALANCER,
    remedy='set "essential": true for the container that the load balancer names',
    anchors=(),
)
def target_is_essential(service: Service) -> Verdicts:
    if not service.load_balancers:
        return ()
    return examine(
        service.load_balancers,
        lambda entry: _optional(service, entry),
        clean=service["loadBalancers"],
    )


def _optional(service: Service, entry: Node) -> Iterator[Verdict]:
    container = _target(service, entry)
    if container is not None and not container.essential:
        yield failed(
            container["essential"],
            f"{container.label} gets the requests of {service.label} and is not essential: when it dies, the "
            "task goes on and answers nobody",
            put(container["essential"], True),
            place=service.task_definition,
        )


def _target(service: Service, entry: Node) -> Container | None:
    return service.task_definition.container(entry["containerName"].text() or "")


@rule(
    "SDC-07",
    "Requests come through the proxy if the task has one",
    on=Service,
    severity=Severity.INFO,
    profile=Profile.RESILIENCE,
    source=_BALANCER,
    remedy='point "loadBalancers" at the container and port of the proxy, or remove the proxy',
    anchors=(),
)
def through_the_proxy(service: Service) -> Verdicts:
    if not service.load_balancers or len(service.task_definition.containers) < 2:
        return
    targets = [_target(service, entry) for entry in service.load_balancers]
    names = {each.name for each in targets if each is not None}
    proxies = [
        each
        for each in service.task_definition.containers
        if each.ports and images.is_proxy(each.image)
    ]
    if not proxies or service.task_definition["proxyConfiguration"].given:
        return
    node = service["loadBalancers"]
    if any(each.name in names for each in proxies):
        yield passed(node)
    else:
        yield failed(
            node,
            f"the load balancer talks to {', '.join(sorted(names))} itself, past the proxy "
            f"{proxies[0].label}",
        )
