"""The shipped function in a world: everything behind its handler, at its own pace."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ecsops import parallel
from ecsops.discovery import Discovery
from ecsops.observability import logger, metrics
from queue_scaling.acting import Acting
from queue_scaling.actuator import Actuator
from queue_scaling.aws import Aws
from queue_scaling.messages import BETWEEN_AT_S
from queue_scaling.reporting import Reporting
from queue_scaling.store import Store
from queue_scaling.tick import Ticker
from sandbox.cloudwatch.metric_reader import MetricReader
from sandbox.lambda_host.metrics import MetricStore
from sandbox.queue_load.backends import Bus, QueueAttributes, Table, TaggedServices
from sandbox.queue_load.clients import DirectClient
from sandbox.queue_load.world import World

# From the minute to the function's first call: the schedule's delay, the queue, the start.
_LATE_S = 3.0
_AUTOSCALING = (
    "RegisterScalableTarget DeregisterScalableTarget PutScalingPolicy DeleteScalingPolicy "
    "DescribeScalingPolicies"
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """The function's parts that a run can be asked about."""

    ticker: Ticker
    table: Table
    bus: Bus
    calls: Callable[[], dict[str, int]]


def attach(world: World) -> Shipped:
    """Let the function look after the world's service each minute, and between if that asks for it."""
    shipped = _connect(world)
    clock = world.clock

    def tick() -> None:
        with one_after_another():
            if shipped.ticker.tick(clock.now()):
                for delay in BETWEEN_AT_S:
                    clock.call_later(delay, between, label="tick between")

    def between() -> None:
        with one_after_another():
            shipped.ticker.tick_between(clock.now())

    world.every(60.0, tick, first=_LATE_S)
    return shipped


@contextmanager
def one_after_another() -> Iterator[None]:
    """No threads, no log lines, no metrics on standard output: the same seed gives the same run."""
    level = logger.log_level
    with patch.object(parallel, "ThreadPoolExecutor", _InOrder):
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)
            metrics.clear_metrics()


def _connect(world: World) -> Shipped:
    caller, table, bus = world.caller, Table(), Bus()
    attributes = QueueAttributes({"jobs": world.attributes}, world.setting.visibility_s)
    reader = MetricReader(MetricStore(), world.datapoints)
    clients = {
        "ecs": DirectClient("ecs", world.fleet, caller, "DescribeServices UpdateService"),
        "sqs": DirectClient("sqs", attributes, caller, "GetQueueAttributes"),
        "cloudwatch": DirectClient("monitoring", reader, caller, "PutMetricData GetMetricData"),
        "dynamodb": DirectClient("dynamodb", table, caller, "BatchGetItem PutItem"),
        "events": DirectClient("events", bus, caller, "PutEvents"),
        "tagging": DirectClient("tagging", TaggedServices(world.fleet), caller, "GetResources"),
        "autoscaling": DirectClient("autoscaling", world.autoscaling, caller, _AUTOSCALING),
    }
    given: Any = clients
    aws = Aws(given["ecs"], given["cloudwatch"], given.__getitem__, lambda: given["tagging"])
    actuator = Actuator(given["ecs"], given["cloudwatch"], lambda: given["autoscaling"])
    ticker = Ticker(
        aws=aws,
        acting=Acting(actuator),
        reporting=Reporting(actuator, given["events"]),
        store=Store(given["dynamodb"], "table"),
        discovery=Discovery(aws.discover),
    )

    def calls() -> dict[str, int]:
        return {name: count for each in clients.values() for name, count in each.calls.items()}

    return Shipped(ticker, table, bus, calls)


class _InOrder(concurrent.futures.Executor):
    """A thread pool without threads."""

    def __init__(self, max_workers: int | None = None) -> None:
        del max_workers

    def submit[**P, T](
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        future.set_result(fn(*args, **kwargs))
        return future
