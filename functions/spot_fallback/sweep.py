"""Leave nothing behind: covers whose service is gone, or wants none any more, are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsops import tags
from ecsops.errors import CallFailed
from ecsops.observability import count, logger
from ecsops.services import Described, Place
from spot_fallback.aws import Aws
from spot_fallback.forgetting import forget
from spot_fallback.look import places_of, twin_of, wants_cover
from spot_fallback.plan import Delete
from spot_fallback.store import Store

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Lives as long as the function's process. ``dry_run`` is the whole stack's."""

    aws: Aws
    store: Store
    events: EventBridgeClient
    dry_run: bool = False

    def sweep(self, shadows: Iterable[str], now: float) -> list[str]:
        """Delete what no service wants; the covers that could not be."""
        places = places_of(shadows)
        described, unread = self.aws.describe(places)
        owners = {place: _owner(each) for place, each in described.items()}
        wanted = places_of(owner for owner in owners.values() if owner)
        primaries, unknown = self.aws.describe(wanted)
        failed = [places[place] for place in places if place in unread]
        for place, owner in owners.items():
            if owner is None or described[place]["status"] != "ACTIVE":
                continue
            of_owner = next(iter(places_of([owner])), None)
            # Anybody may write such a tag: a cover is only what has its service's name as well.
            if of_owner is None or place != twin_of(of_owner):
                continue
            if of_owner in unknown:
                failed.append(places[place])
            elif not wants_cover(primaries.get(of_owner, {})) and not self.dry_run:
                failed += self._delete(place, described[place], owner, now)
        return failed

    def _delete(self, place: Place, shadow: Described, owner: str, now: float) -> list[str]:
        """Told, forgotten, deleted: a process that dies in between begins anew, with the same words."""
        arn: str = shadow["serviceArn"]
        try:
            remembered = self.store.read([owner]).get(owner)
            if remembered is not None:
                forget(self.store, self.events, owner, remembered, shadow, now)
            self.aws.perform(Delete(*place))
        except CallFailed as error:
            count("FallbackFailures")
            logger.error("cover not deleted", service=arn, reason=str(error))
            return [arn]
        logger.info("cover deleted", service=owner, cover=arn, reason="no longer wanted", at=now)
        return []


def _owner(described: Described) -> str | None:
    return tags.from_ecs(described.get("tags")).get(tags.FALLBACK_FOR)
