"""Health checks of containers and of target groups: their times, with what holds where none is given."""

from __future__ import annotations

from audit.model.node import Node

# API reference, HealthCheck: "The default value is 30 seconds", 5 seconds, 3; "startPeriod is off".
_INTERVAL_S, _TIMEOUT_S, _RETRIES = 30, 5, 3


class HealthCheck(Node):
    """A container's ``healthCheck``."""

    __slots__ = ()

    @classmethod
    def of(cls, node: Node) -> HealthCheck:
        """The same node, with its times."""
        return cls(node.value, node.path)

    @property
    def interval(self) -> int:
        """Seconds between two checks."""
        return _whole(self["interval"], _INTERVAL_S)

    @property
    def timeout(self) -> int:
        """Seconds until a check counts as failed."""
        return _whole(self["timeout"], _TIMEOUT_S)

    @property
    def retries(self) -> int:
        """Failures in a row until the container is unhealthy."""
        return _whole(self["retries"], _RETRIES)

    @property
    def start_period(self) -> int:
        """Seconds after the start in which failures do not count."""
        return _whole(self["startPeriod"], 0)

    @property
    def detection(self) -> int:
        """Seconds until a container that stopped answering is unhealthy."""
        return self.interval * self.retries

    @property
    def program(self) -> str:
        """The command in one line, without CMD or CMD-SHELL."""
        words = self["command"].texts()
        return " ".join(words[1:] if words[:1] in (["CMD"], ["CMD-SHELL"]) else words)


def _whole(node: Node, default: int) -> int:
    value = node.whole()
    return default if value is None else value
