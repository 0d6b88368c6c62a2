"""Auto Scaling lifecycle hooks and failed launches.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html

A hook reaches a queue in three shapes: as an EventBridge event, straight from the hook without an
envelope, and as the test notification that Auto Scaling sends when the hook is made.
"""

from __future__ import annotations

import msgspec

from ecsops.events.envelope import read_document

SOURCE = "aws.autoscaling"
TERMINATE_ACTION = "EC2 Instance-terminate Lifecycle Action"
LAUNCH_UNSUCCESSFUL = "EC2 Instance Launch Unsuccessful"
_TEST_NOTIFICATION = "autoscaling:TEST_NOTIFICATION"


class LifecycleAction(msgspec.Struct, frozen=True, rename="pascal"):
    """An instance waits for the hook to be completed with its token."""

    lifecycle_action_token: str
    auto_scaling_group_name: str
    lifecycle_hook_name: str
    ec2_instance_id: str = msgspec.field(name="EC2InstanceId")
    lifecycle_transition: str = ""
    notification_metadata: str | None = None


class LaunchUnsuccessful(msgspec.Struct, frozen=True, rename="pascal"):
    """No instance could be had; the status message tells whether Spot ran dry."""

    auto_scaling_group_name: str
    status_message: str | None = None
    status_code: str | None = None


class _Notification(msgspec.Struct, frozen=True):
    event: str | None = msgspec.field(name="Event", default=None)


def read_lifecycle_action(document: str | bytes | msgspec.Raw) -> LifecycleAction | None:
    """A hook's message, with or without the envelope removed; None for the test notification."""
    if read_document(document, _Notification).event == _TEST_NOTIFICATION:
        return None
    return read_document(document, LifecycleAction)
