"""CloudWatch: metrics of the account's functions, the states of alarms, the logs of tasks."""

from sandbox.cloudwatch.alarms import Alarms
from sandbox.cloudwatch.datapoints import Datapoints
from sandbox.cloudwatch.log_store import LogStore
from sandbox.cloudwatch.metric_reader import MetricReader
from sandbox.cloudwatch.service import CloudWatch

__all__ = ["Alarms", "CloudWatch", "Datapoints", "LogStore", "MetricReader"]
