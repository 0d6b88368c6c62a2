"""What EC2 says of an instance: Spot interruption, rebalance recommendation, state change.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/rebalance-recommendations.html

``hibernate`` begins at once: there are no two minutes.
"""

from __future__ import annotations

import msgspec

SOURCE = "aws.ec2"
SPOT_INTERRUPTION = "EC2 Spot Instance Interruption Warning"
REBALANCE = "EC2 Instance Rebalance Recommendation"
STATE_CHANGE = "EC2 Instance State-change Notification"
CAPACITY_RESERVATION = "EC2 Capacity Reservation Instance Interruption Warning"


class InstanceNotice(msgspec.Struct, frozen=True, rename="kebab"):
    """``action`` is terminate, stop or hibernate; ``state`` is set for state changes only."""

    instance_id: str
    action: str | None = msgspec.field(name="instance-action", default=None)
    state: str | None = None
