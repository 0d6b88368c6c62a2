"""What the widget reads: ECS in three waves of calls, CloudWatch and DynamoDB beside and after them.

A read that fails becomes a note: what could be read is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dashboard.fleet import HOURS, Row, Service, SpotDay, service_from
from dashboard.grid import lasted
from dashboard.jobs import Job
from dashboard.notes import answer_or_note, note
from dashboard.reading import Reading
from dashboard.request import Request
from dashboard.statuses import Queues, Statuses
from ecsops.arns import parse_arn
from ecsops.parallel import chunks, run_all
from ecsops.verdict_status import VerdictStatus

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_SERVICES_PER_CALL = 10
_PER_PAGE = 100
_HOUR_S = 3_600
_VERDICTS = {
    "native": "NativeDeregistered",
    "backstop": "BackstopDeregistered",
    "stuck": "StillRegistered",
}
# Names of clusters and services hold neither; CloudWatch may put its own label before or behind ours.
_LABEL = re.compile(r"([\w-]+)/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Aws:
    """The gateway."""

    ecs: ECSClient
    cloudwatch: Any
    statuses: Statuses

    def read(self, request: Request, now: float) -> Reading:
        """What was asked for."""
        notes: list[str] = []
        answers: list[Any] = run_all(
            [
                lambda: self._services(request, notes),
                lambda: self._spot_days(now),
                self.statuses.queues,
                self.statuses.jobs,
            ]
        )
        services: list[Service] = answer_or_note(answers[0], "The services", notes, [])
        days = answer_or_note(answers[1], "What Spot did in the last 24 hours", notes, {})
        queues = answer_or_note(answers[2], "How the queues stand", notes, Queues({}))
        jobs: list[Job] = answer_or_note(answers[3], "The batch jobs", notes, [])
        age_s = queues.stale_s(now)
        if age_s is not None:
            notes.append(
                f"Queue scaling last looked {lasted(age_s)} ago: how queues stand is not shown. "
                "Look at its alarms and its dead-letter queue."
            )
            queues = Queues({})
        verdicts = self._verdicts(services, notes)
        rows = [_row(service, days, queues, verdicts) for service in services]
        wanted = [
            job
            for job in jobs
            if request.wants_cluster(job.status.cluster) and request.wants_service(job.name)
        ]
        return Reading(rows, wanted, notes)

    def _verdicts(
        self, services: Sequence[Service], notes: list[str]
    ) -> Mapping[str, VerdictStatus]:
        if not services:
            return {}
        (answer,) = run_all([lambda: self.statuses.verdicts(one.arn for one in services)])
        none: Mapping[str, VerdictStatus] = {}
        return answer_or_note(answer, "What became of deployments", notes, none)

    def _services(self, request: Request, notes: list[str]) -> list[Service]:
        clusters = [request.one_cluster] if request.one_cluster else self._clusters(request)
        listed = run_all([_bound(self._service_arns, cluster, notes) for cluster in clusters])
        wanted = [
            (cluster, [arn for arn in _raised(arns) if request.wants_service(_name(arn))])
            for cluster, arns in zip(clusters, listed, strict=True)
        ]
        asked = [(c, part) for c, arns in wanted for part in chunks(arns, _SERVICES_PER_CALL)]
        described = run_all([_bound(self._describe, cluster, part) for cluster, part in asked])
        return [
            service
            for (cluster, part), answer in zip(asked, described, strict=True)
            for service in answer_or_note(answer, _these(part, cluster), notes, [])
        ]

    def _clusters(self, request: Request) -> list[str]:
        found: list[str] = []
        for page in self.ecs.get_paginator("list_clusters").paginate(
            PaginationConfig={"PageSize": _PER_PAGE}
        ):
            found += page["clusterArns"]
        return [arn for arn in found if request.wants_cluster(_name(arn))]

    def _service_arns(self, cluster: str, notes: list[str]) -> list[str]:
        """Those of one cluster; as many as could be read."""
        found: list[str] = []
        try:
            for page in self.ecs.get_paginator("list_services").paginate(
                cluster=cluster, PaginationConfig={"PageSize": _PER_PAGE}
            ):
                found += page["serviceArns"]
        except (ClientError, BotoCoreError) as error:
            notes.append(note(f"The services of {_name(cluster)}", error))
        return found

    def _describe(self, cluster: str, arns: Sequence[str]) -> list[Service]:
        answer = self.ecs.describe_services(cluster=cluster, services=list(arns), include=["TAGS"])
        return [service_from(described) for described in answer["services"]]

    def _spot_days(self, now: float) -> dict[tuple[str, str], SpotDay]:
        """By cluster and service, for those that lost a task."""
        end = (int(now) // _HOUR_S + 1) * _HOUR_S
        start = end - HOURS * _HOUR_S
        hours: dict[tuple[str, str], dict[str, list[int]]] = {}
        for result in self._searches(start, end):
            label = _LABEL.search(result.get("Label", ""))
            if label is None or result["Id"] not in _VERDICTS:
                continue
            of_service = hours.setdefault((label[1], label[2]), {})
            values = of_service.setdefault(result["Id"], [0] * HOURS)
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                at = int(moment.timestamp() - start) // _HOUR_S
                if 0 <= at < HOURS:
                    values[at] += round(value)
        return {key: SpotDay(**{k: tuple(v) for k, v in of.items()}) for key, of in hours.items()}

    def _searches(self, start: int, end: int) -> list[Mapping[str, Any]]:
        """A search finds the series that exist: no call and no cent for services without any."""
        queries = [
            {
                "Id": verdict,
                "Expression": "SEARCH('{ECSOps,Cluster,Service,service} "
                f"MetricName=\"{metric}\"', 'Sum', {_HOUR_S})",
                "Label": "${PROP('Dim.Cluster')}/${PROP('Dim.Service')}",
            }
            for verdict, metric in _VERDICTS.items()
        ]
        results: list[Mapping[str, Any]] = []
        for page in self.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        ):
            results += page["MetricDataResults"]
        return results


def _row(
    service: Service,
    days: Mapping[tuple[str, str], SpotDay],
    queues: Queues,
    verdicts: Mapping[str, VerdictStatus],
) -> Row:
    day = days.get((service.cluster, service.name))
    return Row(service, day, queues.services.get(service.arn), verdicts.get(service.arn))


def _bound[**P, T](call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    return lambda: call(*args, **kwargs)


def _name(arn: str) -> str:
    return parse_arn(arn).name if arn.startswith("arn:") else arn


def _these(arns: Sequence[str], cluster: str) -> str:
    return f"{len(arns)} service{'' if len(arns) == 1 else 's'} of {_name(cluster)}"


def _raised[T](answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
