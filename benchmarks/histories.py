"""Thousands of generated histories: how many made the toolkit do what it must never do.

The suite runs the same machines for fewer histories (tests/unit/spot_drain, tests/unit/spot_fallback).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.results import ROOT, Result

EACH = 2_000
MACHINES = {
    "instances": "tests/unit/spot_drain/test_instance_histories.py",
    "tasks": "tests/unit/spot_drain/test_task_histories.py",
    "fallback": "tests/unit/spot_fallback/test_histories.py",
}
_RAN = re.compile(r"(\d+) passing, (\d+) failing")


def measure() -> Iterator[Result]:
    """All figures of this group."""
    for name, path in MACHINES.items():
        passing, failing = _run(path)
        yield Result(
            f"histories.{name}.wrong",
            failing,
            "histories with a wrong call: the first ends the run",
            "== 0",
        )
        yield Result(
            f"histories.{name}.run", passing + failing, "generated histories of 20 steps or more"
        )


def _run(path: str) -> tuple[int, int]:
    """Histories that passed and failed, as hypothesis counts them."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            path,
            "--hypothesis-show-statistics",
            "-o",
            "addopts=",
        ],
        cwd=ROOT,
        env=os.environ | {"HISTORIES": str(EACH), "HYPOTHESIS_PROFILE": "default-here"},
        check=False,
        capture_output=True,
        text=True,
    )
    counts = [(int(ok), int(bad)) for ok, bad in _RAN.findall(done.stdout)]
    if done.returncode not in (0, 1) or not counts:
        raise RuntimeError(f"{path}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    passed, wrong = (sum(column) for column in zip(*counts, strict=True))
    return passed, max(wrong, done.returncode)
