"""The ports that a container opens, single or as a range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from audit.model.node import Node, Unknown


class Ports(NamedTuple):
    """One port mapping; ``host`` is None where the network mode or the instance decides."""

    first: int
    last: int
    protocol: str
    host: int | None
    node: Node

    @property
    def label(self) -> str:
        """``80`` or ``8000-8010``."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def holds(self, port: int) -> bool:
        """Is the port one of these?"""
        return self.first <= port <= self.last


def of(mappings: Node) -> Iterator[Ports]:
    """Every port mapping of a container."""
    for mapping in mappings.items():
        # API reference, PortMapping "protocol": the default is tcp; any other value is treated as tcp.
        protocol = "udp" if mapping["protocol"].text() == "udp" else "tcp"
        port = mapping["containerPort"].whole()
        if port is not None:
            yield Ports(port, port, protocol, mapping["hostPort"].whole(), mapping)
        elif mapping["containerPortRange"].given:
            first, last = bounds(mapping["containerPortRange"])
            yield Ports(first, last, protocol, None, mapping)


def bounds(node: Node) -> tuple[int, int]:
    """8000 and 8010 of ``8000-8010``."""
    first, dash, last = (node.text() or "").partition("-")
    if not (dash and first.isascii() and last.isascii() and first.isdigit() and last.isdigit()):
        raise Unknown(f"{node} should be two ports, such as 8000-8010", node.path)
    if len(first) + len(last) > 10:
        raise Unknown(f"{node} should be two ports up to 65535", node.path)
    return int(first), int(last)
