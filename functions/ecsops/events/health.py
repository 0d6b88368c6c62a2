"""``AWS Health Event``: task retirements and scheduled instance changes.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-maintenance.html
"""

from __future__ import annotations

import msgspec

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.health", "AWS Health Event"
TASK_RETIREMENT = "AWS_ECS_TASK_PATCHING_RETIREMENT"
SCHEDULED_CHANGE = "scheduledChange"


class AffectedEntity(Detail, frozen=True):
    """``cluster|service`` or a task ARN for ECS; an instance id for EC2."""

    entity_value: str


class Description(Detail, frozen=True):
    """A text in one language."""

    language: str = ""
    latest_description: str = ""


class HealthEvent(Detail, frozen=True):
    """What AWS will do, to what, and when (RFC 1123 times, kept as AWS writes them)."""

    event_type_code: str
    service: str = ""
    event_type_category: str | None = None
    status_code: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    affected_entities: tuple[AffectedEntity, ...] | None = None
    event_description: tuple[Description, ...] | None = None
    event_arn: str | None = msgspec.field(name="eventArn", default=None)
