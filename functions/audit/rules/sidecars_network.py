"""SDC: containers that share one network namespace, and proxies before the application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

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
        _Claim(*_range(task, ports), container, ports)
        for container in task.containers
        for ports in container.ports
        if task.one_namespace or ports.host
    ]
    if not claims:
        return ()
    # Sorted by their first port, who overlaps anybody overlaps the one that reaches furthest so far.
    claims.sort(key=lambda claim: (claim.ports.protocol, claim.first, claim.last))
    return examine(_clashes(claims), _clash, clean=task["containerDefinitions"])


class _Claim(NamedTuple):
    first: int
    last: int
    container: Container
    ports: Ports

    @property
    def label(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"


def _range(task: TaskDefinition, ports: Ports) -> tuple[int, int]:
    return (ports.first, ports.last) if task.one_namespace else (ports.host or 0, ports.host or 0)


def _clashes(claims: Iterable[_Claim]) -> Iterator[tuple[_Claim, _Claim]]:
    furthest: _Claim | None = None
    for claim in claims:
        same = furthest is not None and furthest.ports.protocol == claim.ports.protocol
        if furthest is not None and same and claim.first <= furthest.last:
            yield furthest, claim
        if furthest is None or not same or claim.last > furthest.last:
            furthest = claim


def _place(claim: _Claim) -> list[int]:
    return [part for part in claim.ports.node.path if isinstance(part, int)]


def _clash(pair: tuple[_Claim, _Claim]) -> Iterator[Verdict]:
    earlier, later = sorted(pair, key=_place)
    shared = min(pair, key=lambda claim: claim.last - claim.first).label
    who = " and ".join(dict.fromkeys(each.container.label for each in (earlier, later)))
    yield failed(
        later.ports.node,
        f"{who} both claim port {shared}: {later.ports.protocol.upper()} host port '{shared}' is mapped "
        "multiple times in task",
    )


@rule(
    "SDC-02",
    "Two containers of one image are told to do different things",
    on=TaskDefinition,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source=_PORTS,
    remedy='give one of them another "image", "command" or "environment": a port mapping does not move the '
    "port that the program opens",
    anchors=(),
)
def same_image_twice(task: TaskDefinition) -> Verdicts:
    serving = [each for each in task.containers if each.ports and each.image]
    if not task.one_namespace or len(task.containers) < 2:
        return ()
    first: dict[str, Container] = {}
    return examine(serving, lambda each: _twin(first, each), clean=task["containerDefinitions"])


def _twin(first: dict[str, Container], other: Container) -> Iterator[Verdict]:
    one = first.setdefault(f"{other.image} {other.told(_ORDERS)!r}", other)
    if one is not other:
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
