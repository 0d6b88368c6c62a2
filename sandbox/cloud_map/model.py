"""What an account has in Cloud Map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.clock import Appointment

Health = Literal["HEALTHY", "UNHEALTHY"]


@dataclass(slots=True, eq=False)
class Namespace:
    """A namespace; ``kind`` is HTTP or DNS_PRIVATE."""

    id: str
    name: str
    kind: str


@dataclass(slots=True, eq=False)
class ServiceInstance:
    """``next_health`` is a change of the custom health status that is still on its way."""

    id: str
    attributes: dict[str, str]
    health: Health = "HEALTHY"
    next_health: Appointment | None = None


@dataclass(slots=True, eq=False)
class RegistryService:
    """A Cloud Map service: a registry, in the words of ECS."""

    id: str
    arn: str
    name: str
    namespace: Namespace
    custom_health: bool
    dns: dict[str, Any] | None
    tags: dict[str, str]
    instances: dict[str, ServiceInstance] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Operation:
    """RegisterInstance, DeregisterInstance and others only submit what then takes its time."""

    id: str
    kind: str
    targets: dict[str, str]
    created_at: float
    status: Literal["SUBMITTED", "PENDING", "SUCCESS", "FAIL"] = "PENDING"
