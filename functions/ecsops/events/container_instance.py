"""``ECS Container Instance State Change``: agents reconnect several times an hour, so mostly noise.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_container_instance_events.html
"""

from __future__ import annotations

import msgspec

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.ecs", "ECS Container Instance State Change"


class ContainerInstanceStateChange(Detail, frozen=True):
    """A container instance registered, changed status, or its agent came or went."""

    container_instance_arn: str
    cluster_arn: str
    status: str = ""
    ec2_instance_id: str | None = msgspec.field(name="ec2InstanceId", default=None)
    agent_connected: bool | None = None
    version: int = 0
    updated_at: str | None = None
