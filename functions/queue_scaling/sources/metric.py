"""Any CloudWatch metric that counts what waits: brokers, tables of jobs, queues of other accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from queue_scaling.problem import InvalidTag
from queue_scaling.reading import Reading
from queue_scaling.reference import QUEUE_TAG, Reference
from queue_scaling.sources.base import ClientOf, MetricQuery, Series

# More is no count of messages, and what came of it could be neither published nor remembered: both is
# done for all services in one request, and one number out of range has it refused for everybody.
_MOST_WAITING = 1e12


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """A gauge of this account and Region."""

    reference: Reference
    account: str
    region: str

    @property
    def query(self) -> MetricQuery:
        """Its largest value in a minute."""
        reference = self.reference
        return MetricQuery(reference.name, reference.metric, reference.dimensions, "Maximum")

    def queries(self) -> Sequence[MetricQuery]:
        """One."""
        return (self.query,)

    def call(self, client: ClientOf) -> Any:
        """None."""
        del client

    def reading(self, answer: Any, metrics: Mapping[MetricQuery, Series], now: float) -> Reading:
        """Without a datapoint nobody knows what waits: that is never taken for an empty queue."""
        del answer
        series = metrics.get(self.query, ())
        if not series:
            raise InvalidTag(
                QUEUE_TAG,
                self.reference.text,
                "the metric had no datapoint in the last 15 minutes: check namespace, name and "
                "dimensions, and publish a 0 when nothing waits",
            )
        value = series[0][1]
        if value > _MOST_WAITING:
            raise InvalidTag(
                QUEUE_TAG,
                self.reference.text,
                f"the metric is above {_MOST_WAITING:g}: expected one that counts what waits",
            )
        return Reading(at=now, visible=max(0.0, value), in_flight=None)
