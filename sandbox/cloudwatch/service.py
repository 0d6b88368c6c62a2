"""CloudWatch as far as the sandbox answers itself; the rest is moto's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.cloudwatch.alarms import Alarms
    from sandbox.cloudwatch.metric_reader import MetricReader


class CloudWatch:
    """A simulator for botocore's service ``cloudwatch``."""

    def __init__(self, *parts: Alarms | MetricReader) -> None:
        """Each part answers its operations."""
        self._parts = {operation: part for part in parts for operation in part.operations}
        self.operations = frozenset(self._parts)

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        return self._parts[operation].call(operation, params, caller)
