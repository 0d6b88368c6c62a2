"""What other capabilities leave for the dashboard, each in its own table under one partition key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard.jobs import Job
from ecsops import job_status, queue_status, verdict_status
from ecsops.job_status import decode_job_status
from ecsops.parallel import chunks, run_all
from ecsops.queue_status import QueueStatus, decode_status
from ecsops.verdict_status import VerdictStatus, decode_verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A page of a query is 1 MB, far more than anybody's jobs need: what is beyond would not be looked at.
_MOST_JOBS = 2_000
_KEYS_PER_CALL = 100
# Queue scaling looks each minute. What it left longer ago than this says nothing of now.
_STALE_S = 600


@dataclass(frozen=True, slots=True)
class Queues:
    """How queues stand, by the ARN of the service; ``at`` is when queue scaling last looked."""

    services: dict[str, QueueStatus]
    at: float | None = None

    def stale_s(self, now: float) -> float | None:
        """How old it is, where that is too old."""
        age = now - self.at if self.at is not None else 0.0
        return age if self.services and age > _STALE_S else None


@dataclass(frozen=True, slots=True)
class Statuses:
    """The tables; without its name a table does not exist, and nothing of it is shown."""

    connect: Callable[[], DynamoDBClient]
    queue_table: str = ""
    job_table: str = ""
    guard_table: str = ""

    def queues(self) -> Queues:
        """How the queues of services stand."""
        if not self.queue_table:
            return Queues({})
        dynamodb = self.connect()
        found = dynamodb.get_item(
            TableName=self.queue_table, Key={"pk": {"S": queue_status.STATUS_KEY}}
        ).get("Item", {})
        if "services" not in found:
            return Queues({})
        at = found.get("at", {}).get("N")
        return Queues(decode_status(found["services"]["B"]), float(at) if at else None)

    def jobs(self) -> list[Job]:
        """Every job that has run lately."""
        if not self.job_table:
            return []
        found: list[Job] = []
        dynamodb = self.connect()
        pages = dynamodb.get_paginator("query").paginate(
            TableName=self.job_table,
            KeyConditionExpression="pk = :status",
            ExpressionAttributeValues={":status": {"S": job_status.STATUS_KEY}},
            ProjectionExpression="sk, #status",
            ExpressionAttributeNames={"#status": "status"},
            PaginationConfig={"MaxItems": _MOST_JOBS},
        )
        for page in pages:
            for item in page["Items"]:
                status = decode_job_status(item.get("status", {}).get("B", b""))
                if status is not None:
                    found.append(Job(item["sk"]["S"], status))
        return found

    def verdicts(self, services: Iterable[str]) -> dict[str, VerdictStatus]:
        """What the deployment guard makes of each service's latest deployment, by ARN."""
        if not self.guard_table:
            return {}
        parts = chunks(sorted(set(services)), _KEYS_PER_CALL)
        found: dict[str, VerdictStatus] = {}
        for answer in run_all([partial(self._verdicts, part) for part in parts]):
            if isinstance(answer, Exception):
                raise answer
            found |= answer
        return found

    def _verdicts(self, services: Iterable[str]) -> dict[str, VerdictStatus]:
        """Of a hundred at most; what DynamoDB leaves out when it is busy is not shown."""
        by_key = {verdict_status.verdict_key(one): one for one in services}
        wanted: Any = {
            "Keys": [{"pk": {"S": key}} for key in by_key],
            "ProjectionExpression": "pk, #verdict",
            "ExpressionAttributeNames": {"#verdict": verdict_status.ATTRIBUTE},
        }
        dynamodb = self.connect()
        answer = dynamodb.batch_get_item(RequestItems={self.guard_table: wanted})
        read = {
            by_key[item["pk"]["S"]]: decode_verdict(
                item.get(verdict_status.ATTRIBUTE, {}).get("B", b"")
            )
            for item in answer["Responses"].get(self.guard_table, ())
        }
        return {arn: status for arn, status in read.items() if status is not None}
