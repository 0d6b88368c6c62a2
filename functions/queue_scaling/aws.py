"""What a tick reads: services by tag, their descriptions, queues and metrics, each in few calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecsops import tags
from ecsops.arns import parse_arn
from ecsops.errors import CallFailed, call_failed
from ecsops.parallel import chunks, run_all
from ecsops.services import Place, describe, is_deploying, tagged_services
from queue_scaling.reading import Tasks
from queue_scaling.reference import QUEUE_TAG
from queue_scaling.sources.base import ClientOf, MetricQuery, Series, Source

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_QUERIES_PER_CALL = 500
_MINUTE_S, _LOOK_BACK_S = 60, 1200
# CloudWatch answers for whole minutes; those of SQS come a minute or two late.
_FRESH_S = 900
# A call that succeeds may still have failed for some metrics.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
_FAILED = ("InternalError", "Forbidden")


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is now."""

    arn: str
    tags: Mapping[str, str]
    tasks: Tasks
    problem: str = ""  # why its count cannot be set at all


@dataclass(frozen=True, slots=True)
class Aws:
    """The reading half of the gateway. ``client`` gives the clients of the sources."""

    ecs: ECSClient
    cloudwatch: Any
    client: ClientOf
    tagging: Callable[[], Any] = field(repr=False)

    def discover(self) -> list[str]:
        """The ARNs of all services with a queue."""
        return tagged_services(self.tagging(), QUEUE_TAG)

    def describe(self, arns: Iterable[str]) -> tuple[dict[str, Service], dict[str, CallFailed]]:
        """The services by ARN, and those of which a call failed."""
        places = {_place(arn): arn for arn in arns}
        found, failed = describe(self.ecs, places)
        # What was deleted is still tagged for a while: it is no failure, it is gone.
        active = [_service(each) for each in found.values() if each["status"] == "ACTIVE"]
        return (
            {service.arn: service for service in active},
            {places[place]: error for place, error in failed.items()},
        )

    def read(
        self, sources: Sequence[Source], queries: Sequence[MetricQuery], now: float
    ) -> tuple[list[Any], Mapping[MetricQuery, Series | CallFailed]]:
        """Every source's answer or error, in order, and the metrics; all side by side.

        A metric without datapoints is missing; one that could not be asked for has the error instead.
        """
        parts = chunks(sorted(set(queries), key=repr), _QUERIES_PER_CALL)
        calls: list[Callable[[], Any]] = [
            lambda source=source: source.call(self.client)  # type: ignore[misc]
            for source in sources
        ]
        calls += [lambda part=part: self._metrics(part, now) for part in parts]  # type: ignore[misc]
        answers = run_all(calls)
        metrics: dict[MetricQuery, Series | CallFailed] = {}
        for part, answer in zip(parts, answers[len(sources) :], strict=True):
            if isinstance(answer, CallFailed):
                metrics |= dict.fromkeys(part, answer)
            elif isinstance(answer, Exception):
                raise answer
            else:
                metrics |= answer
        return answers[: len(sources)], metrics

    def _metrics(
        self, queries: Sequence[MetricQuery], now: float
    ) -> Mapping[MetricQuery, Series | CallFailed]:
        by_id = {f"q{number}": query for number, query in enumerate(queries)}
        end = now // _MINUTE_S * _MINUTE_S
        found: dict[MetricQuery, list[tuple[float, float]]] = {}
        failed: dict[MetricQuery, CallFailed] = {}
        try:
            for page in self.cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[_wire(name, query) for name, query in by_id.items()],
                StartTime=datetime.fromtimestamp(end - _LOOK_BACK_S, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
                ScanBy="TimestampDescending",
            ):
                for result in page["MetricDataResults"]:
                    if result.get("StatusCode") in _FAILED:
                        code = result["StatusCode"]
                        problem = "for this metric; the others were read"
                        failed[by_id[result["Id"]]] = CallFailed("GetMetricData", code, problem)
                    series = found.setdefault(by_id[result["Id"]], [])
                    moments = [moment.timestamp() for moment in result["Timestamps"]]
                    series += list(zip(moments, result["Values"], strict=True))
        except (ClientError, BotoCoreError) as error:
            raise call_failed("GetMetricData", error) from error
        return {query: series for query, series in found.items() if series} | failed


def fresh(series: Series, now: float) -> Series:
    """Without datapoints that are too old to say anything of now."""
    return [(at, value) for at, value in series if at >= now - _FRESH_S]


def _service(described: Mapping[str, Any]) -> Service:
    problem = ""
    if described.get("schedulingStrategy") == "DAEMON":
        problem = "a DAEMON service has one task on every instance: its count cannot be set"
    return Service(
        arn=described["serviceArn"],
        tags=tags.from_ecs(described.get("tags")),
        tasks=Tasks(
            running=int(described.get("runningCount", 0)),
            desired=int(described.get("desiredCount", 0)),
            pending=int(described.get("pendingCount", 0)),
            deploying=is_deploying(described),
        ),
        problem=problem,
    )


def _place(arn: str) -> Place:
    parsed = parse_arn(arn)
    return parsed.cluster or "default", parsed.name


def _wire(name: str, query: MetricQuery) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.name, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": _MINUTE_S, "Stat": query.statistic},
    }
