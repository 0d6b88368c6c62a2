"""Does what an order asks for, at most once, and notes what became of it.

    no act --ATTEMPT--> (the call) --REQUESTED | FAILED--> over
               |
               '-- died: once the lease is over, AWS is asked first
                     --> CONFIRMED, or UNCONFIRMED where it does not tell: over
                     --> another ATTEMPT, or a refusal, where it tells that nothing was done

The ATTEMPT is the claim: it is written on the condition that nobody has noted another act of the service
since it was read, and nobody else acts on the deployment before its lease ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from deploy_guard import aftermath
from deploy_guard import attempt as rows
from deploy_guard.actions import Action, UpdateService
from deploy_guard.aftermath import LEASE_S
from deploy_guard.attempt import Try
from deploy_guard.audit import ATTEMPT, Audit, AuditRow, Noted
from deploy_guard.executing import Calls, Done, Refused, Stale
from deploy_guard.fresh_look import FreshLook, Look
from deploy_guard.ledger_store import Known, LedgerStore
from deploy_guard.model import Act
from deploy_guard.order import Order
from deploy_guard.reporting import Reporter
from ecsops.errors import CallFailed
from ecsops.observability import logger
from ecsops.parallel import run_all

_TRIES_TO_NOTE = 3
# Whatever asks for patience that long does not end by itself.
_GIVE_UP_AFTER_S = 7_200


class Held(CallFailed):
    """Somebody is at it; should they have died, the next delivery finds out."""


class Later(Exception):
    """Look again at ``until``, in epoch seconds."""

    def __init__(self, until: float) -> None:
        """Keep the time."""
        super().__init__(f"look again at {until:.0f}")
        self.until = until


@dataclass(frozen=True, slots=True)
class Executor:
    """One order at a time. ``clock`` tells epoch seconds."""

    store: LedgerStore
    audit: Audit
    fresh: FreshLook
    calls: Calls
    reporter: Reporter
    clock: Callable[[], float]

    def execute(self, order: Order, unique: str, *, again: bool) -> None:
        """Act on an order, or say why not; raises ``Later``, or an error: then it is tried again.

        ``unique`` names this try, ``again`` tells that an earlier one has not ended well.
        """
        now = self.clock()
        known = self.store.read([order.service])[order.service]
        act = _latest(known, order)
        settled = act is not None and _answers(act, order)
        if settled and not again:
            return
        if act is not None and act.state == ATTEMPT and now < act.at + LEASE_S:
            raise Held("Claim", "Held", f"the attempt of {act.at:.0f} may still be under way")
        look = self.fresh.take(known, order.deployment, now)
        earlier = act if act is not None and act.state == ATTEMPT else None
        this = Try(order, unique, look, earlier, self._since(look, earlier))
        if act is not None and settled:
            # It was noted, and then the try died: perhaps nobody has been told.
            self.reporter.report(this, self._noted(this, act))
        else:
            self._settle(this, now)

    def _since(self, look: Look, earlier: Act | None) -> tuple[aftermath.Began, ...] | None:
        if earlier is None or not aftermath.may_be_hidden(look.row, earlier, look.reality):
            return None
        return self.fresh.deployed_since(look, earlier.at)

    def _settle(self, this: Try, now: float, moved_on: Stale | None = None) -> None:
        decision = this.look.decision
        row, reality, earlier = this.look.row, this.look.reality, this.earlier
        found = aftermath.found(row, earlier, reality, this.since)
        if found is not None:
            self._conclude(this, rows.confirmation(this, now, found))
        elif decision.kind == "wait" and now < this.order.decided_at + _GIVE_UP_AFTER_S:
            raise Later(decision.until or now)
        elif (
            earlier is not None
            and earlier.executed
            and not aftermath.had_no_effect(row, earlier, reality, this.since)
        ):
            self._conclude(this, rows.unconfirmed(this, now, earlier))
        elif decision.kind == "act" and this.order.kind == "act" and decision.action is not None:
            self._act(this, decision.action, now, moved_on)
        else:
            self._conclude(this, rows.refusal(this, now, str(moved_on) if moved_on else None))

    def _act(self, this: Try, action: Action, now: float, moved_on: Stale | None) -> None:
        row = rows.attempt(this, now)
        this = self._claimed(this, row, "2" if moved_on else "")
        prepared = self.calls.prepare(action)
        if isinstance(prepared, UpdateService) and prepared != action:
            # Should the process die now, this is how the rollback is known.
            row = msgspec.structs.replace(row, task_definition=prepared.task_definition)
            this = self._claimed(this, row, "copy")
        try:
            done = self.calls.perform(prepared)
        except Stale as error:
            if moved_on is None:
                self._look_again(this, row.act, error)
                return
            row = msgspec.structs.replace(row, state="FAILED", note=str(error))
        except Refused as error:
            row = msgspec.structs.replace(row, state="FAILED", note=str(error))
        else:
            row = self._requested(this, row, done)
        self._conclude(this, row)

    def _look_again(self, this: Try, act: Act, error: Stale) -> None:
        """AWS says that it is no longer as we saw it: whatever holds now decides."""
        logger.info("deployment moved on", deployment=this.order.deployment, reason=str(error))
        now = self.clock()
        look = self.fresh.take(this.look.known, this.order.deployment, now)
        refused = msgspec.structs.replace(act, executed=False)
        self._settle(Try(this.order, this.id, look, refused), now, error)

    def _requested(self, this: Try, row: AuditRow, done: Done) -> AuditRow:
        other = aftermath.overwritten(this.look.reality, this.look.row, done.deployments)
        return msgspec.structs.replace(
            row,
            state="REQUESTED",
            after=done.result,
            request_id=done.request_id,
            took_ms=round((self.clock() - row.at) * 1000),
            note=f"it replaced {other}, which somebody began at the same moment" if other else None,
        )

    def _claimed(self, this: Try, row: AuditRow, suffix: str) -> Try:
        """Note an attempt; ``Held`` if somebody else was faster."""
        known = this.look.known
        if self.audit.act(row, known, rows.key(this, row) + suffix) is Noted.LOST:
            raise Held("Claim", "Lost", "another act of the service was noted meanwhile")
        acts = (*known.acts, row.act)
        version = known.acts_version + 1
        return this.knowing(Known(known.ledger, known.version, acts, version, known.freezes))

    def _conclude(self, this: Try, row: AuditRow) -> None:
        """Note what became of it, and tell people: neither waits for the other."""
        answers = run_all([lambda: self._note(this, row), lambda: self.reporter.report(this, row)])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer

    def _note(self, this: Try, row: AuditRow) -> None:
        known = this.look.known
        for _ in range(_TRIES_TO_NOTE):
            if self.audit.act(row, known, rows.key(this, row)) is not Noted.LOST:
                return
            known = self.store.read([row.service])[row.service]
        raise Held("Audit", "Lost", "other acts of the service are being noted")

    def _noted(self, this: Try, act: Act) -> AuditRow:
        for row in self.audit.rows(this.order.service):
            if (row.deployment, row.state) == (act.deployment, act.state):
                return row
        return rows.from_act(this, act)


def _latest(known: Known, order: Order) -> Act | None:
    """What was noted last about a deployment."""
    return next((one for one in reversed(known.acts) if one.deployment == order.deployment), None)


def _answers(act: Act, order: Order) -> bool:
    """Whether an act is the answer to an order: a refusal is none to one that came later."""
    if act.state == ATTEMPT:
        return False
    return act.executed or act.at >= order.decided_at
