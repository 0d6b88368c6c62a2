"""Lifecycle hooks on termination: who waits for whom, and for how long.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clock import Appointment

TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
MAX_HOLD_S = 172_800.0  # 48 hours, or 100 times the heartbeat timeout if that is less
DEFAULT_TIMEOUT_S = 3_600


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of a group; ``target_arn`` is an SQS queue or SNS topic, told without an envelope."""

    name: str
    timeout_s: int = DEFAULT_TIMEOUT_S
    default_result: str = "ABANDON"
    transition: str = TERMINATING
    target_arn: str | None = None
    role_arn: str | None = None
    metadata: str | None = None

    @property
    def longest_s(self) -> float:
        """How long heartbeats can hold an instance."""
        return min(MAX_HOLD_S, 100.0 * self.timeout_s)


@dataclass(slots=True, eq=False)
class LifecycleAction:
    """An instance in Terminating:Wait for one hook."""

    token: str
    group: str
    hook: Hook
    instance_id: str
    began_at: float
    timer: Appointment | None = None
