"""What an attempt cost, at list prices of Fargate in US East (N. Virginia): docs/cost.md has the sources."""

from __future__ import annotations

from batch_jobs.retrying import Place
from batch_jobs.rows import EndRow, Plan

# US dollars for an hour of a vCPU and of a GB.
_PRICES = {"X86_64": (0.04048, 0.004445), "ARM64": (0.03238, 0.00356)}
# "Up to 70 % off": the price of Spot moves, its floor does not.
_SPOT = 0.3
_LEAST_S = 60.0


def cost_of(plan: Plan, place: Place, end: EndRow) -> float:
    """Dollars; 0 for capacity that is not Fargate's, and for what never ran."""
    rung = plan.spec.capacity[min(place.option, len(plan.spec.capacity) - 1)]
    if rung.kind == "EC2" or end.started is None:
        return 0.0
    vcpu_hour, gb_hour = _PRICES.get(plan.architecture, _PRICES["X86_64"])
    cpu, memory = _size(plan, place)
    hours = max(end.ended - end.started, _LEAST_S) / 3600
    price = (cpu * vcpu_hour + memory * gb_hour) * hours
    return price * (_SPOT if rung.kind == "FARGATE_SPOT" else 1.0)


def _size(plan: Plan, place: Place) -> tuple[float, float]:
    spec = plan.spec
    cpu, memory = spec.overrides.get("cpu") or plan.cpu, spec.overrides.get("memory") or plan.memory
    if place.memory:
        memory = spec.memory_steps[place.memory - 1]
        cpu = spec.cpu_steps[place.memory - 1] if spec.cpu_steps else cpu
    return _units(cpu, "vcpu"), _units(memory, "gb")


def _units(text: object, unit: str) -> float:
    """How many vCPUs ``1024`` or ``1 vCPU`` are, or GB ``2048`` or ``2 GB``."""
    word = str(text or "0").strip().lower()
    try:
        return float(word.removesuffix(unit)) if word.endswith(unit) else float(word) / 1024
    except ValueError:
        return 0.0
