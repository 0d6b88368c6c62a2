"""What tasks on Fargate cost a month, by list prices of one Region (``ecsops/prices.json``)."""

from __future__ import annotations

from audit.model.size import required
from audit.model.task_definition import TaskDefinition
from ecsops.prices import AS_OF, REGION, price

# AWS's own month.
_HOURS = 730
_UNITS, _MIB = 1024, 1024
# AWS Fargate pricing: "up to 70%"; it floats, so nothing here is promised.
SPOT_SAVES_AT_MOST = 0.7
LISTED = f"list prices of {REGION}, {AS_OF}"


def month(task: TaskDefinition, cpu: int, memory: int, *, arm: bool | None = None) -> float:
    """Dollars for one task of this size all month, on demand."""
    if task.windows:
        vcpu = price("fargate.vcpu_hour.windows") + price("fargate.vcpu_hour.windows_licence")
        gb = price("fargate.gb_hour.windows")
    else:
        architecture = "arm64" if (on_arm(task) if arm is None else arm) else "x86_64"
        vcpu = price(f"fargate.vcpu_hour.{architecture}")
        gb = price(f"fargate.gb_hour.{architecture}")
    return _HOURS * (cpu / _UNITS * vcpu + memory / _MIB * gb)


def month_of(task: TaskDefinition, *, arm: bool | None = None) -> float:
    """Dollars for one task as it is; UNKNOWN if its size is not given."""
    cpu, memory = required(task.cpu, task["cpu"]), required(task.memory, task["memory"])
    return month(task, cpu, memory, arm=arm)


def on_arm(task: TaskDefinition) -> bool:
    """Does it run on ARM?"""
    return task["runtimePlatform"]["cpuArchitecture"].text() == "ARM64"
