"""Kinesis streams: how far consumers are behind, in records, and how many shards there are.

Lag is work: records that arrived while the iterator stood still wait to be read. One consumer reads a
shard, so more workers than open shards have nothing to do.
https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from queue_scaling.problem import InvalidTag
from queue_scaling.reading import Reading
from queue_scaling.reference import QUEUE_TAG, Reference
from queue_scaling.sources.base import ClientOf, MetricQuery, Series, Unread, refused

_GONE = ("ResourceNotFoundException",)
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class KinesisStream:
    """A stream of this account and Region."""

    reference: Reference
    account: str
    region: str

    @property
    def incoming(self) -> MetricQuery:
        """Records put into the stream a minute."""
        return self._metric("IncomingRecords", "Sum")

    @property
    def age(self) -> MetricQuery:
        """How far behind the consumer that is furthest behind is."""
        return self._metric("GetRecords.IteratorAgeMilliseconds", "Maximum")

    def queries(self) -> Sequence[MetricQuery]:
        """Both."""
        return (self.incoming, self.age)

    def call(self, client: ClientOf) -> Any:
        """DescribeStreamSummary."""
        kinesis = client("kinesis")
        try:
            return kinesis.describe_stream_summary(StreamName=self.reference.name)
        except ClientError as error:
            found = error.response["Error"]
            code, message = found.get("Code", ""), found.get("Message", "")
            raise refused(self.reference, code, message, gone=_GONE) from error
        except BotoCoreError as error:
            raise Unread(f"{self.reference.text}: {error}") from error

    def reading(self, answer: Any, metrics: Mapping[MetricQuery, Series], now: float) -> Reading:
        """A stream without traffic publishes no datapoints: that is none, not unknown."""
        shards = int(answer["StreamDescriptionSummary"].get("OpenShardCount", 0))
        if shards < 1:
            raise InvalidTag(QUEUE_TAG, self.reference.text, "the stream has no open shard")
        rate = _newest(metrics.get(self.incoming, ())) / _MINUTE_S
        behind_s = _newest(metrics.get(self.age, ())) / 1000
        return Reading(
            at=now,
            visible=rate * behind_s,
            in_flight=None,
            arrival_rate=rate,
            oldest_s=behind_s,
            parallel=shards,
        )

    def _metric(self, name: str, statistic: str) -> MetricQuery:
        dimensions = (("StreamName", self.reference.name),)
        return MetricQuery("AWS/Kinesis", name, dimensions, statistic)


def _newest(series: Series) -> float:
    return series[0][1] if series else 0.0
