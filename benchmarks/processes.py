"""Measures fresh processes: each starts, runs one statement, tells time and memory, and ends."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """\
import time
began = time.perf_counter()
{statement}
ended = time.perf_counter()
import json, pathlib, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():  # getrusage would tell the peak of whoever started this process
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print("\\n" + json.dumps([(ended - began) * 1000, peak]))
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """A statement to time, in a process that sees one folder of packages and nothing else."""

    statement: str
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One process: milliseconds for the statement, peak resident memory in MB."""

    milliseconds: float
    megabytes: float


def run_interleaved(variants: Mapping[str, Variant], rounds: int) -> dict[str, list[Sample]]:
    """All variants once a round, in turning order: what disturbs the machine disturbs them all."""
    samples: dict[str, list[Sample]] = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds + 1):
        for name in names:
            sample = run_once(variants[name])
            if number:  # the first round only fills the file cache
                samples[name].append(sample)
        names.append(names.pop(0))
    return samples


def run_once(variant: Variant) -> Sample:
    """Start a process and wait for its figures."""
    environment = {
        **variant.environment,
        "PYTHONPATH": str(variant.folder),
        "PYTHONDONTWRITEBYTECODE": "1",  # as in Lambda, where the code's folder is read-only
    }
    done = subprocess.run(
        # -S: without the packages of the environment that runs this.
        [sys.executable, "-S", "-c", _SCRIPT.format(statement=variant.statement)],
        env=environment,
        cwd=os.sep,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{variant.statement} failed in {variant.folder}\n{done.stderr}")
    return Sample(*json.loads(done.stdout.splitlines()[-1]))


def median_ms(samples: list[Sample]) -> float:
    """The median time."""
    return statistics.median(sample.milliseconds for sample in samples)


def median_mb(samples: list[Sample]) -> float:
    """The median peak memory."""
    return statistics.median(sample.megabytes for sample in samples)
