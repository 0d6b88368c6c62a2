"""What Application Auto Scaling should hold for a service in managed mode, as calls to be made.

keep      the scalable target's limits and one target tracking policy on our ratio
lift      from zero, MinCapacity to what is required: that takes effect at once and in one step,
          where target tracking would begin with one task
lower     MinCapacity back, once the tasks are there
release   the policy and the target, once the tag says otherwise
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queue_scaling.configuration import ServiceConfig
from queue_scaling.reading import Tasks
from queue_scaling.state import ServiceState

POLICY = "ecs-ops-queue"
NAMESPACE, RATIO = "ECSOps", "RequiredRatio"
TARGET_RATIO = 100.0
# The role may give back only what carries this tag.
OWNED = {"ecs-ops:managed-by": "queue-scaling"}
_VERIFY_S = 3600.0
# Longer than a datapoint takes to show what a scale-out has done: otherwise a ratio from before it
# would be multiplied with the tasks that it brought.
_LEAST_COOLDOWN_S = 60
_LIFT_GIVES_UP_S = 600.0


@dataclass(frozen=True, slots=True)
class Register:
    """RegisterScalableTarget with these limits; ``new`` if we know of no target of ours yet."""

    minimum: int
    maximum: int
    new: bool = False


@dataclass(frozen=True, slots=True)
class PutPolicy:
    """PutScalingPolicy."""

    configuration: Mapping[str, Any]


Call = Register | PutPolicy


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls in order, and what to remember once they have succeeded."""

    calls: tuple[Call, ...]
    managed: str
    managed_at: float
    lifted: int
    lifted_at: float
    reason: str = ""


def plan(
    config: ServiceConfig, required: int, tasks: Tasks, state: ServiceState | None, now: float
) -> Plan:
    """Bring Application Auto Scaling in step with the tags and the moment."""
    held = state or ServiceState(at=now)
    maximum = config.maximum or config.minimum
    # The tag's maximum may have come down since.
    lifted, lifted_at, reason = min(held.lifted, maximum), held.lifted_at, ""
    if lifted and (tasks.running >= lifted or now - lifted_at > _LIFT_GIVES_UP_S):
        lifted, reason = 0, "tasks are running: minimum back to what the tag says"
    elif not lifted and tasks.running == tasks.desired == 0 and required > 0:
        lifted, lifted_at = required, now
        reason = f"from zero to {required} in one step"
    calls: list[Call] = []
    current = fingerprint(config)
    stale = held.managed != current or now - held.managed_at > _VERIFY_S
    # A lift by a process that died before it could remember it looks like this. Whoever else made the
    # count rise from zero, the minimum is set to what it is.
    risen = not held.lifted and held.desired == 0 < tasks.desired
    if stale or lifted != held.lifted or risen:
        calls.append(Register(max(config.minimum, lifted), maximum, new=not held.managed))
    if stale:
        calls.append(PutPolicy(policy(config)))
    return Plan(tuple(calls), current, now if stale else held.managed_at, lifted, lifted_at, reason)


def fingerprint(config: ServiceConfig) -> str:
    """What the calls depend on; when it changes they are made again."""
    return f"{config.minimum}:{config.maximum}:{_cooldown(config)}"


def policy(config: ServiceConfig) -> dict[str, Any]:
    """The target tracking policy: the same for every service but for its dimensions."""
    return {
        "TargetValue": TARGET_RATIO,
        "CustomizedMetricSpecification": {
            "Namespace": NAMESPACE,
            "MetricName": RATIO,
            "Dimensions": [
                {"Name": "Cluster", "Value": config.cluster},
                {"Name": "Service", "Value": config.name},
            ],
            "Statistic": "Average",
        },
        "ScaleOutCooldown": _cooldown(config),
        "ScaleInCooldown": _LEAST_COOLDOWN_S,
    }


def _cooldown(config: ServiceConfig) -> int:
    return max(_LEAST_COOLDOWN_S, round(config.startup_s))
