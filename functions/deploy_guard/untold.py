"""What is remembered of a look when something that it left could not be sent.

The rollback does not wait for the alert, and the executor judges by the ledger: so it is written, but as if
nothing had been told. A look within a minute tells it, with all that goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from deploy_guard import watch
from deploy_guard.ledger import is_open, with_handled
from deploy_guard.ledger_store import Due
from deploy_guard.model import Deployment, Ledger
from deploy_guard.scene import Visited
from deploy_guard.signals import OfService, TaskFailed


def untold(before: Ledger, visited: Visited, signals: Sequence[OfService], now: float) -> Visited:
    """The outcome of a look, with everything still to be told. The orders stand."""
    ledger = visited.ledger
    rows = tuple(_row(_known(before, one), one) for one in ledger.deployments)
    ledger = msgspec.structs.replace(ledger, deployments=rows, handled=before.handled)
    # To look at a message again does no harm, but for a failed task, which would count twice.
    ledger = with_handled(ledger, [one for one in signals if isinstance(one, TaskFailed)])
    soon, planned = now + watch.LOOK_EVERY_S, watch.due(ledger, now) or Due(now)
    due = Due(soon if planned.at <= now else min(soon, planned.at), planned.alarms)
    return Visited(ledger, due, visited.outbox)


def _known(before: Ledger, row: Deployment) -> Deployment:
    """The row as it was; of a new one nothing was known but that it has begun."""
    found = next((one for one in before.deployments if one.id == row.id), None)
    return found or Deployment(row.id, row.began, row.target, row.ecs_id, row.source)


def _row(before: Deployment, after: Deployment) -> Deployment:
    if is_open(before) and not is_open(after):
        # It would not be looked at any more.
        return msgspec.structs.replace(
            before,
            ecs_id=after.ecs_id,
            controller=after.controller,
            rolls_back=after.rolls_back,
            ordered_at=after.ordered_at,
        )
    return msgspec.structs.replace(
        after,
        told=before.told,
        owed=before.owed,
        asked=before.asked,
        follows=before.follows,
    )
