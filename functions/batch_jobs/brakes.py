"""Launches that a limit of the account or cluster holds up are held, instead of being refused one by one.

A quota, throttling, too many PROVISIONING tasks: all launches of the same cluster and capacity meet the
same answer. So they wait together, ever longer while nothing gets through; then one of them tries, and
with each pass that gets through twice as many. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from batch_jobs.rows import Brake

FIRST_S, MOST_S = 2.0, 300.0
# As many as a pass launches at the published rate: more need no brake.
_ENOUGH = 32


@dataclass(slots=True)
class Seen:
    """What became of a pass's launches of one cluster and capacity."""

    launched: int = 0
    quota: int = 0
    throttled: int = 0

    @property
    def is_held(self) -> bool:
        """A quota is reached with its last launch; throttling tells little while some get through."""
        return self.quota > 0 or (self.throttled > 0 and not self.launched)


def after(brakes: Mapping[str, Brake], seen: Mapping[str, Seen], now: float) -> dict[str, Brake]:
    """The brakes after a pass."""
    left = dict(brakes)
    for scope, one in seen.items():
        brake = left.get(scope)
        if one.is_held:
            again = brake is not None and not one.launched
            wait = min(brake.wait * 2, MOST_S) if brake and again else FIRST_S
            left[scope] = Brake(until=now + wait, wait=wait)
        elif brake is not None and one.launched:
            if brake.most * 2 > _ENOUGH:
                del left[scope]
            else:
                left[scope] = msgspec.structs.replace(brake, most=brake.most * 2)
    return left


def most_of(brakes: Mapping[str, Brake], now: float) -> dict[str, int]:
    """How many launches may be made, where a brake is on."""
    return {scope: brake.most if brake.until <= now else 0 for scope, brake in brakes.items()}
