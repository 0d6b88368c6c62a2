"""A service that wants no cover any more: what was told of it is told as over, and nothing is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsops import tags
from ecsops.services import Described
from spot_fallback.model import Cover
from spot_fallback.store import Store

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


def forget(
    store: Store,
    events: EventBridgeClient,
    owner: str,
    cover: Cover,
    described: Described | None,
    now: float,
) -> None:
    """Told first, forgotten then: a process that dies in between begins anew, with the same words.

    Else, with the tag set again, what people did would be taken for a stranger's, and what was told
    before would not be told.
    """
    if cover.told:
        from spot_fallback.telling import tell_given_up

        route = tags.alert_route(tags.from_ecs((described or {}).get("tags")))
        tell_given_up(events, owner, cover, route, now)
    store.write(owner, Cover(version=cover.version), now)
