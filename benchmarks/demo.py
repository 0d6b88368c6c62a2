"""How long ``make demo`` takes once everything is set up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from benchmarks.results import ROOT, Result

ROUNDS = 3


def measure() -> Iterator[Result]:
    """The median of three runs."""
    yield Result("demo.s", sorted(_run("demo") for _ in range(ROUNDS))[ROUNDS // 2], "s", "<= 60")


def _run(target: str) -> float:
    began = time.perf_counter()
    subprocess.run(["make", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
