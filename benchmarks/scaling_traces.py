"""The loads of the group ``scaling``: the project's own generators, and two public traces if there.

The traces are not part of the repository: ``../shared/traces`` beside it, or ``TRACES=DIR``.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import ROOT
from sandbox.queue_load import arrivals
from sandbox.queue_load.load import Load, constant, exponential, load_of, lognormal
from sandbox.queue_load.trace_file import read_trace
from sandbox.queue_load.world import Setting

_HOUR_S, _DAY_S = 3600.0, 86_400.0
# Ten-second bins of the public trace that it stands for: 57 % empty, peak 13 times the mean, variation
# 1.7; service times vary by 2.1. These bursts: 44 %, 14 times, 1.7.
_BURSTS = {"burst_s": 10.0, "quiet_s": 18.0, "spread": 0.7}


@dataclass(frozen=True, slots=True)
class Case:
    """A load in its setting. ``goals`` names the goals that hold: smooth, bursty, long (jobs) or none."""

    load: Load
    setting: Setting
    goals: str = ""


def generated() -> Iterator[Case]:
    """What the committed figures come from."""
    rng = random.Random(1)
    day = arrivals.varying(arrivals.diurnal(30.0, rng), _DAY_S, rng)
    yield Case(load_of("diurnal", day, exponential(2.0), _DAY_S, rng), Setting(), "smooth")
    bursts = arrivals.bursts(6.5, 2 * _HOUR_S, rng, **_BURSTS)
    yield Case(
        load_of("bursts", bursts, lognormal(2.0, 2.1), 2 * _HOUR_S, rng), Setting(), "bursty"
    )
    square = arrivals.varying(arrivals.square(0.0, 10.0, 1200.0), 4 * _HOUR_S, rng)
    yield Case(load_of("square", square, exponential(2.0), 4 * _HOUR_S, rng), Setting())
    ramp = arrivals.varying(arrivals.ramp(0.0, 20.0, 2 * _HOUR_S), 2 * _HOUR_S, rng)
    yield Case(load_of("ramp", ramp, exponential(2.0), 2 * _HOUR_S, rng), Setting())
    long_jobs = arrivals.poisson(0.3, 4 * _HOUR_S, rng)
    yield Case(
        load_of("poisson", long_jobs, lognormal(60.0, 1.0), 4 * _HOUR_S, rng),
        Setting(slo_s=300.0, visibility_s=1200.0),
        "long",
    )
    sparse = arrivals.sparse(1207.0, 6 * _HOUR_S)
    yield Case(
        load_of("sparse", sparse, constant(2.0), 6 * _HOUR_S, rng),
        Setting(slo_s=120.0, minimum=0, first=0),
    )


def public() -> Iterator[Case]:
    """The two traces, where they are."""
    folder = Path(os.environ.get("TRACES") or ROOT.parent / "shared" / "traces")
    day, bursty = folder / "wc98_1998-06-10.csv", folder / "llm_code.csv"
    if day.exists():
        load = read_trace(day).load(exponential(2.0), random.Random(1), peak=30.0)
        yield Case(_named(load, "wc98"), Setting(), "smooth")
    if bursty.exists():
        load = read_trace(bursty, "GeneratedTokens").load(constant(2.0), random.Random(1))
        yield Case(_named(load, "llm"), Setting(), "bursty")


def _named(load: Load, name: str) -> Load:
    return Load(name, load.arrivals, load.work, load.duration_s)
