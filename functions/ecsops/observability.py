"""Logger and metrics, wired once: nobody makes another."""

from __future__ import annotations

import warnings

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "count", "logger", "measure", "metrics"]

# A run that had nothing to count is normal; the warning would be the only log line that is no JSON.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger(utc=True)
metrics = Metrics(namespace="ECSOps")


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Add to a counter; ``dimensions`` (``Cluster``, ``Service``) get a metric of their own."""
    _put(name, MetricUnit.Count, value, dimensions)


def measure(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    """Record one value of a measured quantity."""
    _put(name, unit, value, dimensions)


def _put(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
    if not dimensions:
        metrics.add_metric(name=name, unit=unit, value=value)
        return
    # A second EMF document: dimensions hold for a whole document, and the undimensioned metrics of
    # the same run must stay undimensioned.
    from aws_lambda_powertools.metrics import EphemeralMetrics

    document = EphemeralMetrics(namespace="ECSOps")
    for key, text in dimensions.items():
        document.add_dimension(name=key, value=text)
    document.add_metric(name=name, unit=unit, value=value)
    document.flush_metrics()
