"""What AWS says of instances: Spot takes them, may take them soon, or a group lets them go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from ecsops.errors import InvalidMessage
from ecsops.events import autoscaling, ec2_instance
from ecsops.events.autoscaling import LifecycleAction, read_lifecycle_action
from ecsops.events.ec2_instance import InstanceNotice
from ecsops.events.envelope import Event, epoch, read_detail, read_document
from spot_drain.interruption import NOTICE_S

Kind = Literal["interruption", "rebalance", "hook"]

_HIBERNATES_S = 25
_TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


@dataclass(frozen=True, slots=True)
class Notice:
    """One instance. ``ends_at`` is None where nothing says when it goes."""

    message_id: str
    instance_id: str
    kind: Kind
    at: float
    ends_at: float | None = None
    hook: LifecycleAction | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes another message a copy of this one."""
        return (self.instance_id, self.kind, self.hook.lifecycle_action_token if self.hook else "")


class _Envelope(msgspec.Struct, frozen=True):
    """The message of an SNS topic, should a hook be told through one."""

    type: str | None = msgspec.field(name="Type", default=None)
    message: str | None = msgspec.field(name="Message", default=None)


class _Dated(msgspec.Struct, frozen=True):
    """When Auto Scaling sent a message that has no envelope."""

    time: str | None = msgspec.field(name="Time", default=None)


def read_notice(message_id: str, event: Event, now: float) -> Notice | None:
    """The notice that an event brings; None if it is about something else."""
    at = event.occurred_at() or now
    match event.detail_type:
        case ec2_instance.SPOT_INTERRUPTION:
            told = read_detail(event, InstanceNotice)
            _check(told.instance_id, "$.detail.instance-id")
            # A hibernation begins with its notice: everything is due at once.
            ends_at = at + (_HIBERNATES_S if told.action == "hibernate" else NOTICE_S)
            return Notice(message_id, told.instance_id, "interruption", at, ends_at)
        case ec2_instance.REBALANCE:
            told = read_detail(event, InstanceNotice)
            _check(told.instance_id, "$.detail.instance-id")
            return Notice(message_id, told.instance_id, "rebalance", at)
        case autoscaling.TERMINATE_ACTION:
            action = read_detail(event, LifecycleAction)
            return _hook(message_id, action, at, "$.detail")
        case _:
            return None


def read_bare_hook(message_id: str, body: str, now: float) -> Notice | None:
    """A hook that was told straight to the queue, or through a topic; None for its test.

    Raises ``InvalidMessage`` if the body is nothing of the kind.
    """
    topic = read_document(body, _Envelope)
    document = topic.message if topic.type == "Notification" and topic.message else body
    action = read_lifecycle_action(document)
    if action is None:
        return None
    sent = read_document(document, _Dated).time
    return _hook(message_id, action, epoch(sent, "$.Time") if sent else now, "$")


def merge(notices: Iterable[Notice]) -> dict[tuple[str, ...], tuple[Notice, tuple[str, ...]]]:
    """Each notice once, with the ids of all messages that share its fate."""
    same: dict[tuple[str, ...], list[Notice]] = {}
    for notice in notices:
        same.setdefault(notice.key, []).append(notice)
    return {
        key: (min(each, key=lambda notice: notice.at), tuple(n.message_id for n in each))
        for key, each in same.items()
    }


def _hook(message_id: str, action: LifecycleAction, at: float, path: str) -> Notice | None:
    # Launch hooks of the same group may be told to the same queue: they are somebody else's.
    if action.lifecycle_transition not in ("", _TERMINATING):
        return None
    _check(action.ec2_instance_id, f"{path}.EC2InstanceId")
    return Notice(message_id, action.ec2_instance_id, "hook", at, hook=action)


def _check(instance_id: str, path: str) -> None:
    # It becomes part of a query: whatever is no id must not get that far.
    digits = instance_id.removeprefix("i-")
    if (
        digits == instance_id
        or not (digits.isascii() and digits.isalnum())
        or len(instance_id) > 32
    ):
        raise InvalidMessage(path, f"expected an instance id like i-0123, got {instance_id[:40]!r}")
