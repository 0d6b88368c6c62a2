"""Reads what is to be known of the other services of a release group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy_guard import release_group
from deploy_guard.gates import Rule
from deploy_guard.ledger_store import LedgerStore
from deploy_guard.model import Deployment
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.release_group import Plan
from ecsops.parallel import within
from ecsops.services import services_with_tag
from ecsops.tags import RELEASE_GROUP

# An alert has ten seconds, and names the others.
_BUDGET_S = 3.0


@dataclass(frozen=True, slots=True)
class Companions:
    """Finds the services of a group by their tag, and what the ledgers say of them."""

    store: LedgerStore
    tagging: Callable[[], Any]

    def plan(self, service: str, row: Deployment, settings: OwnerSettings, blame: str) -> Plan:
        """What becomes of the others when this one has failed; raises ``CallFailed``."""
        group = settings.release_group or ""
        found = within(
            "GetResources",
            _BUDGET_S,
            lambda: services_with_tag(self.tagging(), RELEASE_GROUP, group),
        )
        others = {arn: tags for arn, tags in found.items() if arn != service}
        ledgers = {one: known.ledger for one, known in self.store.read(others).items()}
        return release_group.plan(row, settings, blame, others, ledgers)

    def turn(self, row: Deployment, now: float) -> Rule | None:
        """Whether its turn has come; None for one that follows no other."""
        return turn_of(row, self.store, now)


def turn_of(row: Deployment, store: LedgerStore, now: float) -> Rule | None:
    """Whether the turn of a deployment has come; None for one that follows no other."""
    follows = row.follows
    if follows is None or follows.over:
        return None
    known = store.read([follows.service, *follows.before])
    return release_group.turn(follows, {one: of.ledger for one, of in known.items()}, now)
