"""What the toolkit puts on the default bus: ``source: ecs-ops``, with a documented detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ecsops.errors import PublishFailed
from ecsops.parallel import parcels

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "ecs-ops"
_ENTRIES_PER_CALL = 10
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: 256 KB in older Regions.
_BYTES_PER_CALL = 240_000


def entry(
    detail_type: str, detail: msgspec.Struct, resources: Sequence[str] = ()
) -> PutEventsRequestEntryTypeDef:
    """An event as PutEvents takes it."""
    return {
        "Source": SOURCE,
        "DetailType": detail_type,
        "Detail": msgspec.json.encode(detail).decode(),
        "Resources": list(resources),
    }


def put(events: EventBridgeClient, entries: Sequence[PutEventsRequestEntryTypeDef]) -> None:
    """Put them on the bus, 10 a call; raises ``PublishFailed`` if one was not taken.

    A retry may publish an event twice: events are at-least-once, and their receivers know.
    """
    for part in parcels(entries, _size, most=_ENTRIES_PER_CALL, bytes_each=_BYTES_PER_CALL):
        answer = events.put_events(Entries=part)
        if answer.get("FailedEntryCount"):
            codes = sorted({each.get("ErrorCode", "") for each in answer["Entries"]} - {""})
            kinds = sorted({each["DetailType"] for each in part})
            raise PublishFailed(f"EventBridge refused {', '.join(kinds)}: {', '.join(codes)}")


def _size(one: PutEventsRequestEntryTypeDef) -> int:
    texts = (one["Source"], one["DetailType"], one["Detail"], *one["Resources"])
    return sum(len(text.encode()) for text in texts)
