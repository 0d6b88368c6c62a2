from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ecsops.observability import logger, metrics
from ecsops.queue import Message
from spot_drain.worker import Worker
from tests.unit.spot_drain.builders import QUEUE, REGION
from tests.unit.spot_drain.fakes import FakeBus, FakeGateway, FakeSqs, FakeTallies


@dataclass
class World:
    """A worker and the stand-ins around it."""

    aws: FakeGateway
    tallies: FakeTallies
    sqs: FakeSqs
    bus: FakeBus
    worker: Worker

    def later(self, kind: str) -> list[str]:
        """The bodies of our own messages of a kind, in the order in which they were sent."""
        return [b for _, b in self.sqs.sent if json.loads(b)["spot_drain"] == kind]

    def verify(self, now: float) -> set[str]:
        """Work on every verification that was scheduled so far."""
        bodies = self.later("verify")
        return self.worker.work([Message(f"v{n}", b) for n, b in enumerate(bodies)], now)


@pytest.fixture
def world() -> World:
    aws, tallies, sqs, bus = FakeGateway(), FakeTallies(), FakeSqs(), FakeBus()
    return World(aws, tallies, sqs, bus, Worker(aws, tallies, sqs, bus, QUEUE, REGION))


@pytest.fixture(autouse=True)
def counted(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str], float]]:
    """``counted(name)``: the sum of a metric since the last question about any."""
    metrics.clear_metrics()
    documents: list[dict[str, Any]] = []

    def total(name: str) -> float:
        out = capsys.readouterr().out.splitlines()
        documents.extend(json.loads(line) for line in out if line.startswith('{"_aws"'))
        alone = sum(metrics.metric_set.get(name, {}).get("Value", ()))
        return alone + sum(sum(document.get(name, ())) for document in documents)

    yield total
    metrics.clear_metrics()


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """The log records of the test."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)
