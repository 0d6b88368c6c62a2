"""One-shot schedules: the end of a bake time comes as a message to our own queue.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True, slots=True)
class Schedules:
    """Schedules that send to one queue, with a role that may do nothing else."""

    client: Callable[[], Any]
    queue_arn: str
    role_arn: str

    def send_at(self, moment: float, body: str) -> None:
        """Have a message sent at a time, or within the second after; asking twice sends it once."""
        moment = math.ceil(moment)
        digest = hashlib.blake2b(body.encode(), digest_size=12).hexdigest()
        at = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        scheduler = self.client()
        try:
            scheduler.create_schedule(
                Name=f"ecs-ops-guard-{digest}-{moment}",
                ScheduleExpression=f"at({at})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={"Arn": self.queue_arn, "RoleArn": self.role_arn, "Input": body},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
