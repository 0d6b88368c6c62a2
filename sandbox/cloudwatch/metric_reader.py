"""CloudWatch's metrics: PutMetricData, and GetMetricData over what was put or measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.cloudwatch.datapoints import Datapoints, name_of
from sandbox.cloudwatch.search import label, parse_search
from sandbox.errors import ApiError, UnsupportedOperation

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.lambda_host.metrics import Metric, MetricStore

_MOST_QUERIES, _MOST_DATA = 500, 1000
_MOST_SERIES = 500
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Minimum": min,
    "Maximum": max,
    "Average": lambda values: math.fsum(values) / len(values),
    "SampleCount": len,
}


class MetricReader:
    """A simulator for botocore's service ``cloudwatch``; moto answers every other operation.

    Metrics by name, and search expressions over what functions measured; every result is on the
    first page.
    """

    operations = frozenset({"GetMetricData", "PutMetricData"})

    def __init__(self, metrics: MetricStore, datapoints: Datapoints) -> None:
        """Search the store in which the functions' metrics arrive; read and write ``datapoints``."""
        self._metrics = metrics
        self._datapoints = datapoints

    def call(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call in botocore's shapes."""
        del caller
        return self._put(params) if operation == "PutMetricData" else self._get(params)

    def _put(self, params: dict[str, Any]) -> dict[str, Any]:
        if len(params["MetricData"]) > _MOST_DATA:
            raise ApiError("InvalidParameterValue", f"More than {_MOST_DATA} MetricData")
        for datum in params["MetricData"]:
            name = name_of(params["Namespace"], datum["MetricName"], datum.get("Dimensions", ()))
            self._datapoints.put(
                name,
                _epoch(datum["Timestamp"]),
                float(datum["Value"]),
                resolution=int(datum.get("StorageResolution", 60)),
            )
        return {}

    def _get(self, params: dict[str, Any]) -> dict[str, Any]:
        queries = params["MetricDataQueries"]
        if len(queries) > _MOST_QUERIES:
            raise ApiError("ValidationError", f"More than {_MOST_QUERIES} MetricDataQueries")
        start, end = _epoch(params["StartTime"]), _epoch(params["EndTime"])
        if start >= end:
            raise ApiError("ValidationError", "StartTime must be before EndTime")
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = [
            result
            for query in queries
            if query.get("ReturnData", True)
            for result in self._results(query, start, end, newest_first=newest_first)
        ]
        return {"MetricDataResults": results, "Messages": []}

    def _results(
        self, query: dict[str, Any], start: float, end: float, *, newest_first: bool
    ) -> list[dict[str, Any]]:
        if "MetricStat" in query:
            return [self._named(query, start, end, newest_first=newest_first)]
        if "Expression" not in query:
            raise ApiError("ValidationError", "A query needs a MetricStat or an Expression")
        search = parse_search(query["Expression"])
        if search.statistic not in _STATISTICS:
            raise UnsupportedOperation(f"the sandbox has no statistic {search.statistic}")
        found = search.series(self._metrics.select(search.name))
        results = []
        for dimensions, metrics in sorted(found.items())[:_MOST_SERIES]:
            points = _points(metrics, search.period, start, end)
            moments = sorted(points, reverse=newest_first)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": label(query.get("Label", search.name), dict(dimensions)),
                    "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment in moments],
                    "Values": [
                        float(_STATISTICS[search.statistic](points[moment])) for moment in moments
                    ],
                    "StatusCode": "Complete",
                }
            )
        return results

    def _named(
        self, query: dict[str, Any], start: float, end: float, *, newest_first: bool
    ) -> dict[str, Any]:
        stat = query["MetricStat"]
        asked, period = stat["Metric"], int(stat["Period"])
        name = name_of(asked["Namespace"], asked["MetricName"], asked.get("Dimensions", ()))
        found = {}
        for begins in range(int(start // period * period), int(end), period):
            value = self._datapoints.statistic(name, stat["Stat"], begins, period)
            if value is not None:
                found[begins] = value
        moments = sorted(found, reverse=newest_first)
        return {
            "Id": query["Id"],
            "Label": query.get("Label", asked["MetricName"]),
            "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment in moments],
            "Values": [found[moment] for moment in moments],
            "StatusCode": "Complete",
        }


def _points(
    metrics: Sequence[Metric], period: int, start: float, end: float
) -> dict[float, list[float]]:
    """The values by the beginning of their period."""
    points: dict[float, list[float]] = {}
    for metric in metrics:
        begins = metric.at // period * period
        if start <= begins < end:
            points.setdefault(begins, []).append(metric.value)
    return points


def _epoch(moment: Any) -> float:
    return float(moment.timestamp() if hasattr(moment, "timestamp") else moment)
