"""What a target group consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.clock import Appointment
    from sandbox.elb.losses import Losses

Shape = dict[str, Any]
TargetKey = tuple[str, int]
State = Literal["initial", "healthy", "unhealthy", "draining", "unused"]

DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes: [{}]",
    "Target.Timeout": "Request timed out",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotRegistered": "Target is not registered to the target group",
}


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a group finds out whether a target answers; the defaults are AWS's for HTTP."""

    protocol: str = "HTTP"
    port: str = "traffic-port"
    path: str = "/"
    interval_s: int = 30
    timeout_s: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    http_code: str = "200"

    def accepts(self, status: int) -> bool:
        """Tell whether a status is in the matcher, such as ``200,301-302``."""
        for part in self.http_code.split(","):
            first, _, last = part.partition("-")
            if int(first) <= status <= int(last or first):
                return True
        return False


@dataclass(slots=True, eq=False)
class Target:
    """One registration: the same address on another port is another target."""

    id: str
    port: int
    availability_zone: str | None
    state: State = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = DESCRIPTIONS["Elb.RegistrationInProgress"]
    next_change: Appointment | None = None
    drained_at: float | None = None

    @property
    def key(self) -> TargetKey:
        """What identifies a target in its group."""
        return (self.id, self.port)


@dataclass(frozen=True, slots=True)
class TargetChange:
    """A target of a group came into another state ("unused" when its registration is gone)."""

    group_arn: str
    target: TargetKey
    state: State
    reason: str
    description: str = ""


@dataclass(slots=True, eq=False)
class TargetGroup:
    """A target group; ``attributes`` are those of ModifyTargetGroupAttributes."""

    arn: str
    name: str
    protocol: str
    port: int
    vpc_id: str
    target_type: str
    ip_address_type: str
    health_check: HealthCheck
    losses: Losses
    attributes: dict[str, str] = field(
        default_factory=lambda: {"deregistration_delay.timeout_seconds": "300"}
    )
    targets: dict[TargetKey, Target] = field(default_factory=dict)

    @property
    def deregistration_delay_s(self) -> float:
        """How long a deregistered target stays "draining"."""
        return float(self.attributes["deregistration_delay.timeout_seconds"])
