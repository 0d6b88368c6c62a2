"""What ``ecs-ops jobs`` prints: tables for people, JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from batch_jobs import shards
from batch_jobs.ledger import Item
from batch_jobs.rows import JobRow, RunRow, row_of
from ecsops.job_status import JobStatus, decode_job_status
from sandbox.cli.jobs_logs import ShardLog


def show_jobs(items: Iterable[Item], *, as_json: bool) -> None:
    """The jobs by name, each with its last run."""
    rows = sorted((_job(item) for item in items), key=lambda row: str(row["job"]))
    if as_json:
        _lines(rows)
        return
    if not rows:
        print("No jobs yet: `ecs-ops jobs submit FILE` runs one, a schedule sends them.")
        return
    table = Table("job", "cluster", "last run", "state", "took", "shards failed", "")
    for row in rows:
        last = row["last"] or {}
        what = "paused" if row["paused"] else "another schedule" if row["foreign"] else ""
        failed = f"{last['failed']} of {last['shards']}" if last else "-"
        _add(
            table,
            row["job"],
            row["cluster"],
            last.get("run", "-"),
            last.get("state", "-"),
            _duration(last.get("took_s")),
            failed,
            what,
        )
    Console(highlight=False).print(table)


def show_runs(runs: Sequence[RunRow], *, as_json: bool) -> None:
    """The runs of a job as they come."""
    rows = [run_facts(row) for row in runs]
    if as_json:
        _lines(rows)
        return
    table = Table("run", "state", "due (UTC)", "late", "took", "shards", "failed", "cost", "reason")
    for row in rows:
        cost = "-" if row["cost_usd"] is None else f"${row['cost_usd']:.4f}"
        _add(
            table,
            row["run"],
            row["state"],
            row["due"][:16].replace("T", " "),
            _duration(row["late_s"]),
            _duration(row["took_s"]),
            row["shards"],
            row["failed"],
            cost,
            row["reason"] or "-",
        )
    Console(highlight=False).print(table)
    if runs and runs[0].log:
        print(f"Last lines of {runs[0].run}:")
        for line in runs[0].log:
            print(f"  {line}")


def show_log(log: ShardLog, *, as_json: bool) -> None:
    """The lines as they were written."""
    if as_json:
        print(json.dumps(asdict(log)))
        return
    print(f"{log.run}, shard {log.shard}, attempt {log.attempt}, {log.task}")
    for line in log.lines:
        print(line)


def run_facts(row: RunRow) -> dict[str, Any]:
    """What there is to know of a run. ``late_s`` and ``took_s`` only once it began, and ended."""
    begun = row.started
    took = row.ended - begun if row.ended is not None and begun is not None else None
    return {
        "run": row.run,
        "job": row.job,
        "state": row.state,
        "due": datetime.fromtimestamp(row.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "late_s": None if begun is None else max(0.0, begun - row.at),
        "took_s": took,
        "shards": row.count,
        "succeeded": shards.decode(row.done).bit_count(),
        "failed": shards.decode(row.failed).bit_count(),
        "launches": row.launches,
        "interruptions": row.interruptions,
        "cost_usd": row.cost_usd if begun is not None else None,
        "reason": row.reason,
        "by": row.by,
        "log": list(row.log),
    }


def _job(item: Item) -> dict[str, Any]:
    row = row_of(item, JobRow)
    status: JobStatus | None = decode_job_status(item["status"]["B"]) if "status" in item else None
    last = status.runs[-1] if status and status.runs else None
    return {
        "job": row.job,
        "cluster": row.cluster,
        "paused": row.paused,
        "foreign": row.foreign,
        "active": list(row.active),
        "waiting": list(row.waiting),
        "last": last
        and {
            "run": last.run,
            "state": last.state,
            "took_s": last.took_s or None,
            "shards": last.shards,
            "failed": last.failed_shards,
        },
    }


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{left:02d}s" if minutes else f"{left}s"


def _add(table: Table, *cells: object) -> None:
    # Text: what stands in brackets in a reason is no markup.
    table.add_row(*(Text(str(cell)) for cell in cells))


def _lines(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        print(json.dumps(row))
