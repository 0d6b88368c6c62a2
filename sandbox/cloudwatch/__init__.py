"""CloudWatch metrics of the account's functions."""

from sandbox.cloudwatch.metric_reader import MetricReader

__all__ = ["MetricReader"]
