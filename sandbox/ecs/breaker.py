"""The deployment circuit breaker: how many failed tasks are too many.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ecs.launcher import share

if TYPE_CHECKING:
    from sandbox.ecs.model import Shape
    from sandbox.ecs.service_model import Service, ServiceDeployment

FEWEST, MOST = 3, 200  # of BOUNDED_PERCENT


def breaker_of(configuration: Shape) -> Shape:
    """Read the circuit breaker's settings from a deploymentConfiguration."""
    settings: Shape = configuration.get("deploymentCircuitBreaker", {})
    return settings


def threshold(configuration: Shape, desired: int) -> int:
    """Tell how many failed tasks trip the breaker; it follows the latest desired count."""
    configured = breaker_of(configuration).get("thresholdConfiguration", {})
    kind, value = configured.get("type", "BOUNDED_PERCENT"), configured.get("value", 50)
    if kind == "COUNT":
        return int(value)
    count = share(desired, value)
    return min(max(count, FEWEST), MOST) if kind == "BOUNDED_PERCENT" else max(count, 1)


def count_failure(service: Service, history: ServiceDeployment) -> bool:
    """Count a failed task; tell whether that is too many."""
    if not breaker_of(history.configuration).get("enable"):
        return False
    if not history.rolling_back:  # the tasks of a rollback have their own count
        history.failure_count += 1
    return exceeded(service, history)


def exceeded(service: Service, history: ServiceDeployment) -> bool:
    """Tell whether too many tasks have failed."""
    count = service.primary.failed_tasks if history.rolling_back else history.failure_count
    return count >= threshold(history.configuration, service.desired_count)


def forgive(history: ServiceDeployment) -> None:
    """A task is healthy: the count starts anew, unless it is cumulative."""
    if breaker_of(history.configuration).get("resetOnHealthyTask", True) and not history.tripped:
        history.failure_count = 0


def breaker_shape(service: Service, history: ServiceDeployment) -> Shape:
    """Describe the breaker of a service deployment."""
    if not breaker_of(history.configuration).get("enable"):
        return {"status": "DISABLED"}
    status = "MONITORING" if history.ongoing else "MONITORING_COMPLETE"
    return {
        "status": "TRIGGERED" if history.tripped else status,
        "failureCount": history.failure_count,
        "threshold": threshold(history.configuration, service.desired_count),
    }
