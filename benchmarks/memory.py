"""Memory: peak resident memory of a process that has imported a handler."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cold_start import HOT
from benchmarks.processes import median_mb, run_interleaved
from benchmarks.results import Result
from benchmarks.variants import OURS, variants
from build_tools.template import functions

ROUNDS = 5


def measure() -> Iterator[Result]:
    """One figure a function."""
    for function in functions():
        samples = run_interleaved(variants(function), ROUNDS)
        sizes = {name: median_mb(of_variant) for name, of_variant in samples.items()}
        goal = "<= 50" if function.name in HOT else "<= 60"
        yield Result(f"memory.{function.name}", sizes.pop(OURS), "MB", goal, sizes)
