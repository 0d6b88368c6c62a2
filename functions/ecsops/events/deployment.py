"""``ECS Deployment State Change``.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html

The detail names neither cluster nor service nor task definition: the service's ARN is
``resources[0]``. Order by ``updated_at``: the event's own time can be more than a minute later. A
COMPLETED event may be the end of a rollback: the old deployment's id comes back.
"""

from __future__ import annotations

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.ecs", "ECS Deployment State Change"


class DeploymentStateChange(Detail, frozen=True):
    """One of SERVICE_DEPLOYMENT_IN_PROGRESS, _COMPLETED, _FAILED, or a name of tomorrow."""

    event_name: str
    deployment_id: str
    event_type: str = "INFO"
    updated_at: str | None = None
    reason: str | None = None
