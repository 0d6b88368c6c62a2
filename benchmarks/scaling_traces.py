"""The loads of the group ``scaling``: the project's own generators, and two public traces if there.

The traces are not part of the repository: ``../shared/traces`` beside it, or ``TRACES=DIR``.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.results import ROOT
from sandbox.queue_load.generated import LOADS
from sandbox.queue_load.load import Load, constant, exponential
from sandbox.queue_load.trace_file import read_trace
from sandbox.queue_load.world import Setting

_SETTINGS = {
    "poisson": Setting(slo_s=300.0, visibility_s=1200.0),
    "sparse": Setting(slo_s=120.0, minimum=0, first=0),
}
# Which goals hold for a load.
_GOALS = {"diurnal": "smooth", "wc98": "smooth", "bursts": "bursty", "llm": "bursty"}
_GOALS["poisson"] = "long jobs"


@dataclass(frozen=True, slots=True)
class Case:
    """A load in its setting."""

    load: Load
    setting: Setting
    goals: str


def cases() -> Iterator[Case]:
    """All of them, one after another."""
    for generate in LOADS.values():
        yield _case(generate(random.Random(1)))
    folder = Path(os.environ.get("TRACES") or ROOT.parent / "shared" / "traces")
    day, bursty = folder / "wc98_1998-06-10.csv", folder / "llm_code.csv"
    if day.exists():
        load = read_trace(day).load(exponential(2.0), random.Random(1), peak=30.0)
        yield _case(replace(load, name="wc98"))
    if bursty.exists():
        load = read_trace(bursty, "GeneratedTokens").load(constant(2.0), random.Random(1))
        yield _case(replace(load, name="llm"))


def _case(load: Load) -> Case:
    return Case(load, _SETTINGS.get(load.name, Setting()), _GOALS.get(load.name, ""))
