"""Why a deployment fails, in the words of ECS: its events, its service events, its status reason."""

from __future__ import annotations

from dataclasses import dataclass

ROLLED_BACK = "Service deployment rolled back because "
NO_CANDIDATE = "No rollback candidate was found to run the rollback."
ROLLING_BACK = "rolling back to deploymentId {}."
BREAKER = "ECS deployment circuit breaker: "


@dataclass(frozen=True, slots=True)
class Failure:
    """One way to fail.

    ``rollback`` is what the method that found the failure is configured to do about it.
    """

    status_reason: str
    event_reason: str  # of SERVICE_DEPLOYMENT_FAILED
    logged: str  # in the service's event stream
    rollback_reason: str  # of the rollback's SERVICE_DEPLOYMENT_IN_PROGRESS, for its deployment id
    rollback: bool = True
    announced: bool = True  # ECS sends SERVICE_DEPLOYMENT_FAILED

    def stopped_reason(self) -> str:
        """What the status reason says when nothing is rolled back (assumed)."""
        return self.status_reason.replace("rolled back", "stopped", 1)


def breaker_tripped(*, rollback: bool) -> Failure:
    """Too many tasks failed; the texts are those of public reports."""
    return Failure(
        f"{ROLLED_BACK}the circuit breaker threshold was exceeded.",
        f"{BREAKER}tasks failed to start.",
        "tasks failed to start.",
        BREAKER + ROLLING_BACK,
        rollback=rollback,
    )


def alarm_triggered(*, rollback: bool) -> Failure:
    """An alarm went off; only the service event's text is known, the others are assumed."""
    return Failure(
        f"{ROLLED_BACK}an alarm was detected.",
        "ECS deployment failed: alarm detected.",
        "alarm detected.",
        "ECS deployment: " + ROLLING_BACK,
        rollback=rollback,
    )


def hook_failed(stage: str, detail: str, *, announced: bool) -> Failure:
    """A lifecycle hook failed or timed out; the events are assumed to be those of the breaker."""
    text = f"{ROLLED_BACK}{stage} lifecycle hook(s) failed. {detail}"
    return Failure(
        text,
        f"ECS deployment failed: {text}",
        text,
        "ECS deployment: " + ROLLING_BACK,
        announced=announced,
    )


def stop_requested() -> Failure:
    """Somebody called StopServiceDeployment: no FAILED event, and nothing says "rollback" (assumed)."""
    text = f"{ROLLED_BACK}a rollback was requested."
    return Failure(
        text, text, "a rollback was requested.", "ECS deployment {} in progress.", announced=False
    )
