"""CloudWatch Logs as the log driver of a container uses it; moto keeps the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.logs.models import logs_backends

if TYPE_CHECKING:
    from sandbox.ecs.app_logs import LogTarget


class LogStore:
    """Writes to the log groups of an account."""

    def __init__(self, account: str) -> None:
        """In every Region."""
        self._account = account

    def open(self, target: LogTarget) -> bool:
        """Create the stream; False when there is no such group."""
        backend = logs_backends[self._account][target.region]
        if target.group not in backend.groups:
            if not target.creates_group:
                return False
            backend.create_log_group(target.group, {})
        if target.stream not in backend.groups[target.group].streams:
            backend.create_log_stream(target.group, target.stream)
        return True

    def write(self, target: LogTarget, at: float, message: str) -> None:
        """Write one line; a group that is gone by now swallows it."""
        backend = logs_backends[self._account][target.region]
        if target.group in backend.groups:
            entry = {"timestamp": int(at * 1000), "message": message}
            backend.put_log_events(target.group, target.stream, [entry])
