"""How long things take in the account, and how Fargate Spot behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class EcsSettings:
    """Seconds; each duration of the task lifecycle varies by ``jitter`` (0.2 is 20 % each way)."""

    provisioning_s: float = 10.0
    pending_s: float = 8.0
    activating_s: float = 5.0
    deactivating_s: float = 1.0  # besides the deregistration delay, which comes on top
    deprovisioning_s: float = 12.0
    jitter: float = 0.2

    stop_timeout_s: float = 30.0  # of a container definition without stopTimeout
    scheduler_s: float = 1.0  # from a change to the service scheduler's reaction
    placement_retry_s: float = 60.0
    # Public timelines of missing images: a failed pull takes two minutes, the third attempt waits
    # four, and the circuit breaker trips 44 to 64 s after the last failure.
    pull_retries_s: float = 105.0
    start_backoff_s: float = 240.0  # after the second launch in a row that failed, doubling
    start_backoff_max_s: float = 1_620.0  # "a maximum of 27 minutes" (service throttle logic)
    breaker_s: float = 45.0
    alarm_poll_s: float = 20.0
    alarm_bake_s: float = 180.0  # "less than 5 minutes"
    log_ingestion_s: float = 0.0  # until a line can be read
    healthy_after_s: float = 40.0  # a RUNNING task without any health check counts as healthy
    steady_state_repeat_s: float = 21_600.0
    placement_failure_repeat_s: float = (
        0.0  # so long it says nothing more of tasks that find no place
    )
    stopped_task_retention_s: float = 3_600.0

    provisioning_tasks: int = 500  # as many may be PROVISIONING in a cluster at a time

    host_lost_s: float = 20.0  # from an instance's end to the STOPPED of its tasks

    # What nobody outside AWS knows; either way has to do.
    rollback_keeps_digests: bool = True
    announces_failed_hooks: bool = True  # SERVICE_DEPLOYMENT_FAILED when a lifecycle hook fails
    deployments_are_service_actions: bool = False  # their events come as ECS Service Action, too

    spot_notice_s: float = 120.0  # from the notice to the end of the capacity
    native_spot_deregistration: Literal["works", "late", "broken"] = "works"
    spot_deregistration_s: float = 2.0  # "works": from the notice to the deregistration
    spot_sigterm_s: float = 10.0  # "works": from the deregistration to SIGTERM
    spot_late_deregistration_s: float = 20.0  # "late": from the notice, SIGTERM has come at once
