"""Metrics that functions write to their logs in CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Metric:
    """One data point in one dimension set."""

    at: float  # epoch seconds
    namespace: str
    name: str
    unit: str
    value: float
    dimensions: tuple[tuple[str, str], ...]
    function: str = ""


def read_embedded_metrics(line: str, function: str = "") -> list[Metric]:
    """The data points in a log line; none when it is not in the embedded metric format."""
    if '"_aws"' not in line:
        return []
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return []
    at = document["_aws"]["Timestamp"] / 1000
    return [
        metric for directive in directives for metric in _points(document, directive, at, function)
    ]


def _points(
    document: dict[str, Any], directive: dict[str, Any], at: float, function: str
) -> Iterator[Metric]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = tuple(sorted((name, str(document[name])) for name in names))
        for metric in directive["Metrics"]:
            values = document[metric["Name"]]
            for value in values if isinstance(values, list) else [values]:
                yield Metric(
                    at,
                    directive["Namespace"],
                    metric["Name"],
                    metric.get("Unit", "None"),
                    float(value),
                    dimensions,
                    function,
                )


class MetricStore:
    """Every data point of a run."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._metrics: list[Metric] = []

    def add(self, metric: Metric) -> None:
        """Keep a data point."""
        with self._lock:
            self._metrics.append(metric)

    def select(self, name: str | None = None, **dimensions: str) -> list[Metric]:
        """Data points of a metric whose dimensions include the given ones, in order."""
        with self._lock:
            return [
                metric
                for metric in self._metrics
                if name in {None, metric.name}
                and dimensions.items() <= dict(metric.dimensions).items()
            ]

    def values(self, name: str, **dimensions: str) -> list[float]:
        """The values of those data points."""
        return [metric.value for metric in self.select(name, **dimensions)]
