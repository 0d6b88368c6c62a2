"""Finds the log of a shard's last attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from batch_jobs import shards
from batch_jobs.ledger import Ledger
from batch_jobs.rows import AttemptRow, Plan, RunRow, plan_key, row_of
from sandbox.errors import SandboxError

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class ShardLog:
    """What the job's container wrote in the last attempt of a shard, oldest first."""

    run: str
    shard: int
    attempt: int
    task: str
    lines: tuple[str, ...]


def read(ledger: Ledger, logs: Callable[[str], Any], run: RunRow, shard: int | None) -> ShardLog:
    """Of a shard, or of the first that failed. ``logs`` makes a client for the Region of its log."""
    if shard is None:
        shard = next(shards.members(shards.decode(run.failed)), 0)
    if shard >= run.count:
        raise SandboxError(f"--shard {shard}: {run.run} has shards 0 to {run.count - 1}")
    found = ledger.get(plan_key(run.run), Plan)
    if found is None or found.row.log is None:
        raise SandboxError(
            f"{run.run}: the task definition has no awslogs driver with awslogs-stream-prefix"
        )
    attempt, task = _last(ledger, run.run, shard)
    place = found.row.log
    stream = f"{place.prefix}/{found.row.main}/{task.rpartition('/')[2]}"
    try:
        answer = logs(place.region or task.split(":")[3]).get_log_events(
            logGroupName=place.group, logStreamName=stream, limit=_MOST, startFromHead=False
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise SandboxError(
            f"no log stream {stream} in {place.group}: the container wrote nothing, or it is deleted"
        ) from None
    lines = tuple(str(event["message"]).rstrip() for event in answer["events"])
    return ShardLog(run.run, shard, attempt, task, lines)


def _last(ledger: Ledger, run: str, shard: int) -> tuple[int, str]:
    found = (0, "")
    between = (f"{shard:05d}#", f"{shard:05d}#~")
    for item in ledger.query(f"run#{run}", between=between):
        _, attempt, what = item["sk"]["S"].split("#")
        row = row_of(item, AttemptRow) if what == "a" else None
        if row is not None and row.task:
            found = (int(attempt), row.task)
    if not found[1]:
        raise SandboxError(f"shard {shard} of {run} has had no task yet")
    return found
