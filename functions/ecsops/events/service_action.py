"""``ECS Service Action``: steady states, placement failures, impaired starts.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html

These events have no version; ``SERVICE_TASK_START_IMPAIRED`` has no reason.
"""

from __future__ import annotations

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.ecs", "ECS Service Action"


class ServiceAction(Detail, frozen=True):
    """What ECS did, or could not do, for a service. The service's ARN is ``resources[0]``."""

    event_name: str
    event_type: str = "INFO"
    cluster_arn: str | None = None
    created_at: str | None = None
    reason: str | None = None
    capacity_provider_arns: tuple[str, ...] | None = None
    container_instance_arns: tuple[str, ...] | None = None
