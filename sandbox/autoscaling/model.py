"""What Application Auto Scaling keeps: scalable targets, policies, activities."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_COOLDOWN_S = 300


@dataclass(slots=True)
class Activity:
    """One change of capacity."""

    at: float
    before: int
    after: int
    cause: str


@dataclass(slots=True)
class Policy:
    """A scaling policy."""

    name: str
    arn: str
    kind: str  # TargetTrackingScaling | StepScaling
    configuration: Mapping[str, Any]
    created_at: float
    alarms: tuple[str, ...] = ()  # high, low

    def cooldown(self, direction: str) -> float:
        """Seconds; ``direction`` is Out or In."""
        if self.kind == "StepScaling":
            return float(self.configuration.get("Cooldown", DEFAULT_COOLDOWN_S))
        return float(self.configuration.get(f"Scale{direction}Cooldown", DEFAULT_COOLDOWN_S))

    @property
    def scales_in(self) -> bool:
        """Whether it may remove capacity."""
        return not self.configuration.get("DisableScaleIn", False)


@dataclass(slots=True)
class Target:
    """A scalable target: ``service/CLUSTER/SERVICE``."""

    resource_id: str
    arn: str
    minimum: int
    maximum: int
    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    suspended: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    # The scale-out whose cooldown runs: what was running and wanted before it. The cooldown begins
    # when the activity is complete, i.e. when its tasks are running.
    out_until: float = -math.inf
    out_complete: bool = True
    out_ordered: int = 0
    out_running: int = 0
    out_desired: int = 0
    in_until: float = -math.inf

    def within(self, capacity: int) -> int:
        """The capacity that its limits allow."""
        return min(max(capacity, self.minimum), self.maximum)


def target_id(resource_id: str) -> str:
    """What AWS draws at random: the same for the same resource, so that IAM can name the target."""
    return hashlib.sha256(resource_id.encode()).hexdigest()[:34]
