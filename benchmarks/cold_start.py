"""Cold start: the time to import a handler, against ``import boto3; boto3.client("ecs")``.

Both sides have valid bytecode and run in fresh, interleaved processes of the same run, so the ratio
holds on any machine. Lambda's own start of the runtime comes on top, for both alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.first_message import measure_sinks
from benchmarks.processes import median_ms, run_interleaved
from benchmarks.results import Result
from benchmarks.variants import OURS, REFERENCE, variants
from build_tools.template import functions

ROUNDS = 21
# Two minutes of a dying task, a queue that grows, a job that is due, wait for these.
HOT = ("spot_drain", "spot_fallback", "queue_scaling", "launch", "track", "deploy_guard")
HOT_GOAL, GOAL = "<= 1.10", "<= 1.30"


def measure() -> Iterator[Result]:
    """For each function: the ratio, and the milliseconds behind it."""
    for function in functions():
        samples = run_interleaved(variants(function), ROUNDS)
        times = {name: median_ms(of_variant) for name, of_variant in samples.items()}
        reference, ours = times[REFERENCE], times.pop(OURS)
        yield Result(
            f"cold_start.{function.name}",
            ours / reference,
            "x import boto3 and one client",
            HOT_GOAL if function.name in HOT else GOAL,
            {name: time / reference for name, time in times.items() if name != REFERENCE},
        )
        yield Result(f"cold_start.{function.name}.ms", ours, "ms", None, times)
        if function.name == "alerts":
            yield from measure_sinks(function)
