"""Metrics as CloudWatch keeps them: aggregated by minute, or by second where they are high-resolution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.errors import ApiError

_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric: namespace, name, dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class StatisticSet:
    """What is kept of the values of one period."""

    total: float = 0.0
    count: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, other: StatisticSet) -> None:
        """Take more values in."""
        self.total += other.total
        self.count += other.count
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def value(self, statistic: str) -> float:
        """One of the statistics that every metric has."""
        if statistic == "Average":
            return self.total / self.count
        found = {
            "Sum": self.total,
            "SampleCount": self.count,
            "Minimum": self.least,
            "Maximum": self.most,
        }.get(statistic)
        if found is None:
            raise ApiError("InvalidParameterValue", f"the sandbox keeps no statistic {statistic}")
        return found


def name_of(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> MetricName:
    """A metric as API calls name it; dimensions have no order."""
    pairs = sorted((each["Name"], each["Value"]) for each in dimensions)
    return MetricName(namespace, name, tuple(pairs))


class Datapoints:
    """Every metric of an account."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[MetricName, dict[int, StatisticSet]] = {}
        self._resolution: dict[MetricName, int] = {}

    def put(self, metric: MetricName, at: float, value: float, *, resolution: int = 60) -> None:
        """Take one value."""
        self.put_set(metric, at, StatisticSet(value, 1.0, value, value), resolution=resolution)

    def put_set(
        self, metric: MetricName, at: float, values: StatisticSet, *, resolution: int = 60
    ) -> None:
        """Take values that were aggregated before."""
        self._resolution[metric] = min(resolution, self._resolution.get(metric, resolution))
        second = int(at // resolution * resolution)
        self._kept.setdefault(metric, {}).setdefault(second, StatisticSet()).add(values)

    def metrics(self) -> list[MetricName]:
        """Every metric that has a datapoint."""
        return list(self._kept)

    def statistic(
        self, metric: MetricName, statistic: str, begins: float, period: int
    ) -> float | None:
        """The value of the period that begins so; None where it has no datapoint."""
        kept = self._kept.get(metric)
        if kept is None:
            return None
        step = self._resolution[metric]
        found = StatisticSet()
        for second in range(int(begins), int(begins) + period, min(step, period)):
            values = kept.get(second)
            if values is not None:
                found.add(values)
        return found.value(statistic) if found.count else None

    def forget(self, before: float) -> None:
        """Drop what is older; long runs need no more than alarms and readers look back at."""
        for metric, kept in self._kept.items():
            self._kept[metric] = {at: values for at, values in kept.items() if at >= before}
