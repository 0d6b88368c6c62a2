"""NET: addresses that reach nothing, ports that allow one task an instance."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.node import Node, Unknown
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import (
    Profile,
    Severity,
    Verdict,
    Verdicts,
    drop,
    examine,
    failed,
    passed,
    rule,
)

_NETWORKING = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking.html"
_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1):(\d{1,5})\b")
_HOST = re.compile(r"(?:^|//|@)([A-Za-z0-9][A-Za-z0-9_-]*):\d{1,5}(?:/|$)")


@rule(
    "NET-05",
    "Containers of one task find each other",
    on=TaskDefinition,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_NETWORKING,
    remedy='with awsvpc, name the neighbour "localhost"; with bridge, give it "links" and use its name',
    anchors=(),
)
def neighbours(task: TaskDefinition) -> Verdicts:
    if len(task.containers) < 2 or task.network_mode not in ("awsvpc", "bridge"):
        return ()
    check = _by_name if task.one_namespace else _in_a_namespace_of_its_own
    return examine(task.containers, check, clean=task["networkMode"])


def _values(container: Container) -> Iterator[tuple[str, Node, str]]:
    for name, node in container.environment.items():
        try:
            yield name, node, node.text() or ""
        except Unknown:
            continue  # a value that is filled in later names nobody


def _by_name(container: Container) -> Iterator[Verdict]:
    for name, node, host in _named_neighbours(container):
        yield failed(
            node,
            f"{container.label}: {name} names the neighbour {host}, but containers of one task have "
            "no names in networkMode awsvpc: they share localhost",
        )


def _in_a_namespace_of_its_own(container: Container) -> Iterator[Verdict]:
    yield from _by_localhost(container)
    linked = {word for link in container["links"].texts() for word in link.split(":")}
    for name, node, host in _named_neighbours(container):
        if host not in linked:
            yield failed(
                node,
                f"{container.label}: {name} names the neighbour {host}, but in networkMode bridge only "
                "links give containers names",
            )


def _named_neighbours(container: Container) -> Iterator[tuple[str, Node, str]]:
    """Variables with the name of a neighbour in them, and that name."""
    siblings = {each.label for each in container.task_definition.containers} - {container.label}
    for name, node, value in _values(container):
        host = _HOST.search(value)
        if host and host[1] in siblings and not container["extraHosts"].given:
            yield name, node, host[1]


def _by_localhost(container: Container) -> Iterator[Verdict]:
    others = [
        (sibling.label, ports)
        for sibling in container.task_definition.containers
        if sibling.label != container.label
        for ports in sibling.ports
    ]
    own = container.ports
    for name, node, value in _values(container):
        for port in map(int, _LOCAL.findall(value)):
            for sibling, ports in others:
                if ports.holds(port) and not any(each.holds(port) for each in own):
                    yield failed(
                        node,
                        f"{container.label}: {name} looks for {sibling} at localhost:{port}, but in "
                        "networkMode bridge every container has a localhost of its own",
                    )


@rule(
    "NET-07",
    "The instance chooses the host port",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html",
    remedy='remove "hostPort" (or set it to 0); the load balancer follows the port that was chosen',
    anchors=(),
)
def host_port(container: Container) -> Verdicts:
    if container.task_definition.fargate or container.task_definition.network_mode != "bridge":
        return
    for ports in container.ports:
        node = ports.node["hostPort"]
        if ports.host:
            yield failed(
                node,
                f"hostPort {ports.host} is fixed: no instance can run two tasks, and a deployment needs a "
                "free instance for every new one",
                drop(node),
            )
        else:
            yield passed(node)
