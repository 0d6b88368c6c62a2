"""How each kind of target takes an event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.logs.models import logs_backends
from moto.sns.models import sns_backends

from sandbox.events.delivery import DeliveryFailed, Parcel, Send, may_send, request_for
from sandbox.events.resource_policy import allows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import Clock
    from sandbox.events.queues import Queues


def no_permission(parcel: Parcel) -> DeliveryFailed:
    """Refused by the target's resource policy: never retried, straight to the dead-letter queue."""
    return DeliveryFailed(
        "NO_PERMISSIONS",
        f"{parcel.service} is not authorized to deliver to {parcel.arn} for {parcel.source_arn}",
        retriable=False,
    )


def no_resource(parcel: Parcel) -> DeliveryFailed:
    """The target was deleted: never retried."""
    return DeliveryFailed("NO_RESOURCE", f"{parcel.arn} does not exist", retriable=False)


def to_queue(queues: Queues) -> Send:
    """Send to SQS when the queue's own policy allows it."""

    def send(parcel: Parcel) -> None:
        if queues.find(parcel.arn) is None:
            raise no_resource(parcel)
        # A schedule delivers as its execution role, a rule as events.amazonaws.com.
        if "RoleArn" not in parcel.target and not may_send(queues, parcel.arn, parcel):
            raise no_permission(parcel)
        group = parcel.target.get("SqsParameters", {}).get("MessageGroupId")
        queues.send(parcel.arn, parcel.body, group=group)

    return send


def to_topic(account: str, region: str) -> Send:
    """Publish to SNS when the topic's policy allows it."""

    def send(parcel: Parcel) -> None:
        backend = sns_backends[account][region]
        topic = backend.topics.get(parcel.arn)
        if topic is None:
            raise no_resource(parcel)
        policy = json.loads(topic.policy)
        if "RoleArn" not in parcel.target and not allows(
            policy, request_for(parcel, "sns:Publish", parcel.arn)
        ):
            raise no_permission(parcel)
        backend.publish(message=parcel.body, arn=parcel.arn)

    return send


def to_log_group(clock: Clock, account: str, region: str) -> Send:
    """Write one log event per event to a CloudWatch Logs group."""

    def send(parcel: Parcel) -> None:
        backend = logs_backends[account][region]
        name = parcel.arn.split(":log-group:")[1].removesuffix(":*")
        group = backend.groups.get(name)
        if group is None:
            raise no_resource(parcel)
        if parcel.event_id not in group.streams:
            backend.create_log_stream(name, parcel.event_id)
        entry = {"timestamp": int(clock.now() * 1000), "message": parcel.body}
        backend.put_log_events(name, parcel.event_id, [entry])

    return send


def to_bus(put: Callable[[str, dict[str, object]], object]) -> Send:
    """Forward to another event bus of the account."""

    def send(parcel: Parcel) -> None:
        put(parcel.arn, json.loads(parcel.body))

    return send
