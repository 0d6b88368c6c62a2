"""A job of 10,000 shards, and 1,000 jobs at the same minute, at the published rates, in virtual time.

5 % of the tasks are interrupted, 1 % of the launches refused, each call takes 50 ms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.batch_storm import measure_storm
from benchmarks.batch_world import Watch, spec, world
from benchmarks.results import Result
from ecsops.prices import price

SHARDS, RATE, BURST = 10_000, 20, 20
LONGEST_S, STEP_S = 7_200.0, 5.0
# As the template gives it; what a run of the functions takes in Lambda is assumed.
_GB, _RUN_S = 0.5, 0.5


def measure() -> Iterator[Result]:
    """All figures of this group."""
    yield from _big_job(SHARDS)
    yield from measure_storm()


def _big_job(shards: int) -> Iterator[Result]:
    with world("JOB_SHARD_INDEX") as (account, stack, watch):
        text = json.dumps(spec("big", fanOut={"count": shards}))
        began, invocations = account.clock.now(), 0
        account.client("sqs").send_message(
            QueueUrl=stack.outputs["BatchSubmitQueueUrl"], MessageBody=text
        )
        while not watch.runs & {"succeeded", "failed"}:
            if account.clock.now() - began > LONGEST_S:
                break
            account.run_for(STEP_S)
            invocations += len(account.trace.select("invocation"))
            account.trace.clear()
        yield Result("batch.launch_rate_pct", _rate(watch), "% of 20 launches a second", ">= 95")
        yield Result("batch.lost", shards - len(watch.done), f"shards of {shards:,}", "== 0")
        yield Result("batch.duplicates", watch.duplicates, "tasks too many", "== 0")
        yield Result("batch.calls_per_task", watch.calls.total() / shards, "AWS calls a shard")
        yield Result("batch.writes_per_task", watch.written / shards, "items written a shard")
        yield Result(
            "batch.cost_per_1000_tasks",
            _cost(watch, invocations) / shards * 1000,
            "dollars beside the tasks themselves",
        )


def _rate(watch: Watch) -> float:
    """Tasks started after the burst until the last shard had its first one, of what was possible."""
    first = watch.launched[0][0]
    last = max(at for at, attempt in watch.launched if attempt == 1)
    started = sum(at <= last for at, _ in watch.launched) - BURST
    return started / (RATE * (last - first)) * 100


def _cost(watch: Watch, invocations: int) -> float:
    """An item is taken for one unit: but for the rows of runs, they are far below 1 KB."""
    sqs = sum(number for (service, _), number in watch.calls.items() if service == "sqs")
    parts: dict[str, float] = {
        "lambda.request": invocations,
        "lambda.gb_second.arm64": invocations * _GB * _RUN_S,
        "sqs.request": sqs + 3 * invocations,
        "dynamodb.write_unit": watch.written,
        "dynamodb.read_unit": watch.read,
    }
    return sum(price(name) * number for name, number in parts.items())
