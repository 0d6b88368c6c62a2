"""``ECS Hook State Change``, and the invocation of a lifecycle-hook function.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_hook_state_change_events.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

from __future__ import annotations

from typing import Any

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.ecs", "ECS Hook State Change"


class HookStateChange(Detail, frozen=True):
    """A hook of a service deployment began, waits for a person, or ended. Times carry nanoseconds."""

    event_name: str
    service_deployment_arn: str | None = None
    hook_id: str | None = None
    hook_type: str | None = None
    lifecycle_stage: str | None = None
    cluster_arn: str | None = None
    service_arn: str | None = None
    expires_at: str | None = None
    updated_at: str | None = None


class ExecutionDetails(Detail, frozen=True):
    """What the stage is about; a production weight of 0 for the target revision means rollback."""

    service_arn: str | None = None
    target_service_revision_arn: str | None = None
    test_traffic_weights: dict[str, float] | None = None
    production_traffic_weights: dict[str, float] | None = None


class HookInvocation(Detail, frozen=True):
    """The payload with which ECS invokes a lifecycle-hook function (not an EventBridge event)."""

    lifecycle_stage: str
    resource_arn: str
    execution_id: str = ""
    execution_details: ExecutionDetails = ExecutionDetails()
    hook_details: dict[str, Any] | None = None
