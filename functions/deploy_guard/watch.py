"""When a service is looked at next, though no event comes: ECS sends none for what never ends.

Level-triggered: a look that is lost, or early, or twice, changes nothing.
"""

from __future__ import annotations

from deploy_guard.bake import AFTERMATH_S
from deploy_guard.ledger import is_open
from deploy_guard.ledger_store import Due
from deploy_guard.model import Deployment, Ledger, Outcome

LOOK_EVERY_S = 60
# The one-shot schedule comes first; this look repairs a lost one.
_AFTER_THE_SCHEDULE_S = 90
# What failed and is left to people is looked at less and less often: at a tenth of its age.
_SLOWEST_S, _SHARE = 900, 0.1
_AT_WORK = frozenset({Outcome.IN_PROGRESS, Outcome.ROLLING_BACK, Outcome.UNKNOWN})


def due(ledger: Ledger, now: float) -> Due | None:
    """The next look, and the alarms that are of interest meanwhile; None: nothing more comes."""
    moments = [at for row in ledger.deployments if (at := _next(row, now)) is not None]
    alarms = {
        alarm
        for row in ledger.deployments
        if row.bake is not None and _next(row, now) is not None
        for alarm in row.bake.alarms
    }
    return Due(min(moments), frozenset(alarms)) if moments else None


def _next(row: Deployment, now: float) -> float | None:
    bake = row.bake
    if row.follows is not None and not row.follows.over and is_open(row):
        return now + LOOK_EVERY_S
    if row.outcome is Outcome.SUCCEEDED and bake is not None and not bake.firing:
        if not bake.over:
            return bake.ends_at + _AFTER_THE_SCHEDULE_S
        forgotten = bake.ends_at + AFTERMATH_S
        return forgotten if bake.alarms and now < forgotten else None
    if not is_open(row):
        return None
    # Without tasks, perhaps for weeks; once it has some, their failures are events.
    parked = row.idle_at > row.progress_at
    if row.owed or (row.outcome in _AT_WORK and not parked):
        return now + LOOK_EVERY_S
    return _soon(row, now)


def _soon(row: Deployment, now: float) -> float:
    age = now - (row.failed_at or row.outcome_at or row.began)
    return now + min(max(LOOK_EVERY_S, _SHARE * age), _SLOWEST_S)
