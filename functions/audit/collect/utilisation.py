"""What CloudWatch measured of services in two weeks: the only figures that say whether a size is right.

AWS/ECS metrics are free and always there. One value an hour is read: its largest minute, and its mean. The
99th percentile of hourly peaks is no smaller than that of all minutes, so sizes err towards too large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from audit.collect.reads import Document, Found, Reads, Unread
from audit.model.resource import short_name
from audit.model.utilisation import LOOKBACK_S, Utilisation, percentile
from ecsops.parallel import chunks, run_all

_HOUR_S = 3600
# API reference, GetMetricData: 500 queries and 100,800 data points a call; 300 x 336 hours fit.
_QUERIES = 300


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One series: what it belongs to, under which name, and the metric."""

    owner: str
    name: str
    statistic: str
    metric: Mapping[str, Any]


class UtilisationReader:
    """Reads CloudWatch."""

    def __init__(self, cloudwatch: Any, reads: Reads) -> None:
        """Ask this client."""
        self.cloudwatch = cloudwatch
        self._reads = reads

    def measured(
        self, services: Sequence[Document], groups: Sequence[Document], now: float
    ) -> tuple[Found, Mapping[str, float]]:
        """The utilisation of services, and by target group the slowest response in seconds."""
        wanted = [each for service in services for each in _of_service(service)]
        wanted += [each for group in groups for each in _of_group(group)]
        parts = chunks(wanted, _QUERIES)
        answers = run_all([partial(self._read, part, now) for part in parts])
        series: dict[tuple[str, str], list[float]] = {}
        failure: Unread | None = None
        for answer in answers:
            if isinstance(answer, Unread):
                failure = answer
            elif isinstance(answer, Exception):
                raise answer
            else:
                series |= answer
        documents = [] if failure else [_document(each, series, now) for each in services]
        slowest = {
            arn: percentile(values, 99)
            for (arn, name), values in series.items()
            if name == "response" and values
        }
        return Found(Utilisation, tuple(documents), failure), slowest

    def _read(self, wanted: Sequence[_Wanted], now: float) -> dict[tuple[str, str], list[float]]:
        end = now - now % _HOUR_S
        pages = self.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_query(number, each) for number, each in enumerate(wanted)],
            StartTime=end - LOOKBACK_S,
            EndTime=end,
        )
        found: dict[tuple[str, str], list[float]] = {}
        for result in self._reads.pages("cloudwatch:GetMetricData", pages, "MetricDataResults"):
            one = wanted[int(result["Id"].removeprefix("q"))]
            found.setdefault((one.owner, one.name), []).extend(result["Values"])
        return found


def _query(number: int, wanted: _Wanted) -> dict[str, Any]:
    stat = {"Metric": wanted.metric, "Period": _HOUR_S, "Stat": wanted.statistic}
    return {"Id": f"q{number}", "MetricStat": stat, "ReturnData": True}


def _of_service(service: Document) -> Iterator[_Wanted]:
    names = {
        "ClusterName": short_name(service["clusterArn"]),
        "ServiceName": service["serviceName"],
    }
    arn = service["serviceArn"]
    for name, metric, statistic in (
        ("cpu_peak", "CPUUtilization", "Maximum"),
        ("cpu_mean", "CPUUtilization", "Average"),
        ("memory_peak", "MemoryUtilization", "Maximum"),
    ):
        yield _Wanted(arn, name, statistic, _metric("AWS/ECS", metric, names))


def _of_group(group: Document) -> Iterator[_Wanted]:
    arn = group["TargetGroupArn"]
    for balancer in group.get("LoadBalancerArns", ())[:1]:
        full_name = balancer.partition(":loadbalancer/")[2]
        if not full_name.startswith("app/"):
            continue  # Network Load Balancers count no requests
        names = {"TargetGroup": arn.rpartition(":")[2], "LoadBalancer": full_name}
        space = "AWS/ApplicationELB"
        yield _Wanted(arn, "requests", "Sum", _metric(space, "RequestCount", names))
        yield _Wanted(arn, "response", "p99", _metric(space, "TargetResponseTime", names))


def _metric(namespace: str, name: str, dimensions: Mapping[str, str]) -> dict[str, Any]:
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}


def _document(
    service: Document, series: Mapping[tuple[str, str], Sequence[float]], now: float
) -> Document:
    arn = service["serviceArn"]
    peaks, memory = series.get((arn, "cpu_peak"), ()), series.get((arn, "memory_peak"), ())
    means = series.get((arn, "cpu_mean"), ())
    hours = min(len(peaks), len(memory))
    newest = min(hours, _hours_of_newest(service, now))
    document: Document = {"ServiceArn": arn, "Hours": hours, "HoursOfNewest": newest}
    if peaks and memory and means:
        document |= {
            "CpuP99": percentile(peaks, 99),
            "CpuMaximum": max(peaks),
            "CpuMean": sum(means) / len(means),
            "MemoryMaximum": max(memory),
        }
    asked = [name for owner, name in series if owner in _groups(service) and name == "requests"]
    if asked:
        document["Requests"] = sum(
            sum(series.get((group, "requests"), ())) for group in _groups(service)
        )
    return document


def _hours_of_newest(service: Document, now: float) -> int:
    """Whole hours since the newest deployment began: what was measured before may be of another size."""
    began = [
        each["createdAt"].timestamp()
        for each in service.get("deployments", ())
        if each.get("createdAt")
    ]
    return max(int(now - max(began)) // _HOUR_S, 0) if began else LOOKBACK_S // _HOUR_S


def _groups(service: Document) -> Iterable[str]:
    return [
        entry["targetGroupArn"]
        for entry in service.get("loadBalancers", ())
        if entry.get("targetGroupArn")
    ]
