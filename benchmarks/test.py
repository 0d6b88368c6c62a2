"""How long ``make test`` takes once everything is set up: checks, all tests, the artefact's build."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from benchmarks.results import ROOT, Result


def measure() -> Iterator[Result]:
    """One run: it takes minutes."""
    began = time.perf_counter()
    # Its output stays on the screen: figures of tests that fail are worth nothing.
    subprocess.run(["make", "test"], cwd=ROOT, check=True)
    yield Result("test.s", time.perf_counter() - began, "s", "<= 600")
