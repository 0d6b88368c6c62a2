"""VAL: port mappings that RegisterTaskDefinition refuses."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model import ports
from audit.model.node import Node
from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, rule

_HIGHEST = 65535


@rule(
    "VAL-03",
    "Port mappings fit the network mode",
    on=Container,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html",
    remedy='leave "hostPort" out in awsvpc and host mode, or set it to the "containerPort"',
    anchors=("cfn-lint:E3053",),
)
def port_mappings(container: Container) -> Verdicts:
    task, mappings = container.task_definition, container["portMappings"].items()
    if not mappings:
        return ()
    return examine(
        mappings,
        lambda mapping: _wrong(mapping, task.network_mode, container.label),
        clean=container["portMappings"],
    )


def _wrong(mapping: Node, mode: str, name: str) -> Iterator[Verdict]:
    if mode == "none":
        yield failed(mapping, f"{name} maps a port, which network mode none does not allow")
        return
    if mapping["appProtocol"].in_use and not mapping["name"].in_use:
        yield failed(
            mapping["name"],
            f"{name} maps a port with appProtocol {mapping['appProtocol'].text()} and no name: an "
            "application protocol is for Service Connect, which finds the mapping by its name",
        )
    if mapping["containerPortRange"].given:
        yield from _wrong_range(mapping, mode, name)
        return
    port, host = mapping["containerPort"].whole(), mapping["hostPort"].whole()
    if port is None or not 0 < port <= _HIGHEST:
        given = "no containerPort" if port is None else f"containerPort {port}"
        yield failed(
            mapping["containerPort"],
            f"{name} has {given}, 1 to {_HIGHEST} are possible: Invalid 'containerPort' setting for "
            f"container '{name}'",
        )
    elif host is not None and mode in ("awsvpc", "host") and host != port:
        yield failed(
            mapping["hostPort"],
            f"{name} maps hostPort {host} to containerPort {port}: When networkMode={mode}, the host "
            "ports and container ports in port mappings must match",
            drop(mapping["hostPort"]),
        )
    elif host is not None and not 0 <= host <= _HIGHEST:
        yield failed(
            mapping["hostPort"], f"{name} has hostPort {host}, 0 to {_HIGHEST} are possible"
        )


def _wrong_range(mapping: Node, mode: str, name: str) -> Iterator[Verdict]:
    node = mapping["containerPortRange"]
    first, last = ports.bounds(node)
    for single in (mapping["containerPort"], mapping["hostPort"]):
        if single.given:
            yield failed(
                single,
                f"{name} gives {single.path[-1]} beside containerPortRange {first}-{last}: cannot "
                "specify both single port and port range",
                drop(single),
            )
    if mode == "host":
        yield failed(
            node,
            f"{name} has containerPortRange {first}-{last} in network mode host; ranges need awsvpc "
            "or bridge",
        )
    if not 0 < first < last <= _HIGHEST:
        yield failed(
            node,
            f"{name} has containerPortRange {first}-{last}: the first port must be less than the last, "
            f"both from 1 to {_HIGHEST}",
        )
