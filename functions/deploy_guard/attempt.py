"""One try of an order, and the audit rows that it can end in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from deploy_guard.actions import RegisterCopy
from deploy_guard.aftermath import Began, Found
from deploy_guard.audit import ATTEMPT, UNCONFIRMED, AuditRow
from deploy_guard.decision import Decision
from deploy_guard.fresh_look import Look
from deploy_guard.ledger_store import Known
from deploy_guard.model import Act, Outcome
from deploy_guard.order import Order
from ecsops.tags import ROLLBACK

_NO_EFFECT = "an earlier try was noted, and AWS shows nothing of it: its call was not taken"
_NOT_KNOWN = "an earlier try was noted, and it is not known whether its call was made"
_MAYBE_OURS = "an earlier try may have asked for it: its answer was lost"


@dataclass(frozen=True, slots=True)
class Try:
    """``id`` is unique to the try; ``earlier`` is an attempt whose end nobody has noted.

    ``since`` is what AWS shows to have begun since that one, where it had to be asked.
    """

    order: Order
    id: str
    look: Look
    earlier: Act | None = None
    since: tuple[Began, ...] | None = None

    def knowing(self, known: Known) -> Try:
        """The same, after something was noted."""
        return replace(self, look=replace(self.look, known=known))


def attempt(this: Try, now: float) -> AuditRow:
    """What is noted before AWS is asked."""
    row = _row(this, now, state=ATTEMPT, executed=True)
    if isinstance(this.look.decision.action, RegisterCopy):
        # What will be deployed has no name yet: the original, deployed by somebody, would not be ours.
        return msgspec.structs.replace(row, task_definition=None)
    return row


def refusal(this: Try, now: float, note: str | None) -> AuditRow:
    """Nothing is done, as the decision says; ``note`` is what AWS said to a call, if there was one."""
    if note is None and this.earlier is not None:
        note = _NO_EFFECT
    row = _row(this, now, state=_state(this), executed=False)
    return msgspec.structs.replace(row, note=note, why=_why(this))


def confirmation(this: Try, now: float, found: Found) -> AuditRow:
    """AWS shows a rollback already."""
    ours = this.earlier is not None and this.earlier.executed
    row = _row(this, now, state="CONFIRMED", executed=ours)
    version = this.earlier.task_definition if this.earlier is not None else row.task_definition
    says = f"{found.says}; {_MAYBE_OURS}" if ours else found.says
    # What would be called now is another thing: at most that attempt's call was made.
    calls = this.earlier.calls if ours and this.earlier is not None else ()
    return msgspec.structs.replace(
        row,
        calls=calls,
        after=found.result,
        note=says,
        task_definition=version,
        stands=found.stands,
    )


def unconfirmed(this: Try, now: float, attempt: Act) -> AuditRow:
    """An attempt of which AWS shows neither that it was made nor that it was not: it counts as made."""
    row = _row(this, now, state=UNCONFIRMED, executed=True)
    return msgspec.structs.replace(
        row,
        calls=attempt.calls,
        task_definition=attempt.task_definition,
        note=_NOT_KNOWN,
        why=_why(this),
    )


def from_act(this: Try, act: Act) -> AuditRow:
    """What was noted before, as far as the acts still tell."""
    row = _row(this, act.at, state=act.state, executed=act.executed)
    return msgspec.structs.replace(row, after=act.result, task_definition=act.task_definition)


def key(this: Try, row: AuditRow) -> str:
    """A row's key: of what was executed each try has one, to refuse the same again adds nothing."""
    deployment = row.deployment.rpartition("/")[2]
    return f"{deployment}-{this.id if row.executed else rule(this.look.decision)}"


def rule(decision: Decision) -> str:
    """The rule that settled it, as a word: ``freeze``, ``cool-off``."""
    against = next((one for one in decision.rules if not one.allows), None)
    return (against.name if against is not None else decision.kind).replace(" ", "-")


def _why(this: Try) -> str:
    superseded = this.look.verdict.outcome is Outcome.SUPERSEDED
    return "; ".join(this.look.verdict.rules) if superseded else this.look.decision.reason


def _state(this: Try) -> str:
    if this.look.decision.kind in ("act", "dry-run"):
        return "DRY_RUN"
    return "SUPERSEDED" if _is_superseded(this) else "REFUSED"


def _is_superseded(this: Try) -> bool:
    return this.look.verdict.outcome is Outcome.SUPERSEDED or rule(this.look.decision) == "current"


def _row(this: Try, at: float, *, state: str, executed: bool) -> AuditRow:
    look = this.look
    decision, primary = look.decision, look.reality.primary
    calls = decision.action.calls if decision.action is not None else ()
    return AuditRow(
        service=look.reality.service,
        deployment=look.row.id,
        at=at,
        state=state,
        executed=executed,
        calls=tuple(str(call) for call in calls),
        why=decision.reason,
        cause=look.diagnosis.cause_id,
        mode=look.reality.tags.get(ROLLBACK.tag, this.order.mode),
        task_definition=decision.target.task_definition if decision.target else None,
        before=primary.id if primary is not None else look.row.ecs_id,
        rules=tuple(f"{one.name}: {one.says}" for one in decision.rules),
    )
