"""Our own rollbacks among the deployments: which is one, and what it makes of the one that it undoes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from deploy_guard.ledger import with_row
from deploy_guard.model import Act, Deployment, Ledger, Outcome
from deploy_guard.verdict import Verdict

_SOON_S = 300
# As long as an order may take to be carried out, tried again after a process died included.
_ORDERED_S = 120
_ENDED = frozenset({Outcome.SUCCEEDED, Outcome.SUPERSEDED})


def undone(row: Deployment, ledger: Ledger) -> Verdict | None:
    """The verdict on a deployment that another one of ours undoes: what becomes of that one."""
    undoing = next((one for one in ledger.deployments if one.rolls_back == row.id), None)
    if undoing is None:
        return None
    told = f"our rollback {undoing.id} is {undoing.outcome}"
    outcome = Outcome.ROLLBACK_FAILED
    if undoing.outcome is Outcome.SUCCEEDED and not _as_it_was(undoing, row, ledger):
        told = f"our rollback {undoing.id} runs other images than {undoing.target.name} did before"
    elif undoing.outcome is Outcome.SUCCEEDED:
        outcome = Outcome.ROLLED_BACK
    elif undoing.outcome is Outcome.SUPERSEDED:
        outcome = Outcome.SUPERSEDED
    elif undoing.outcome is Outcome.IN_PROGRESS:
        outcome = Outcome.ROLLING_BACK
    at = undoing.outcome_at or undoing.began
    # The rollback is ours; who says that it failed is another matter.
    by = undoing.by if outcome is Outcome.ROLLBACK_FAILED else "guard"
    return Verdict(outcome, at, row.target, undoing.target, undoing.reason, by, (told,))


def is_undone_after_all(row: Deployment, ledger: Ledger) -> bool:
    """Whether a rollback of ours undoes what was taken for ended: it began between two of our reads."""
    undoing = (one for one in ledger.deployments if one.rolls_back == row.id)
    return row.outcome in _ENDED and any(one.outcome is not Outcome.SUPERSEDED for one in undoing)


def just_ordered(row: Deployment, now: float) -> bool:
    """Whether a newer deployment may be our rollback, though nothing was noted yet when we read."""
    return now - row.ordered_at < _ORDERED_S


def _as_it_was(undoing: Deployment, failed: Deployment, ledger: Ledger) -> bool:
    """Whether it runs the images that ran before under the name: a tag may mean another by now."""
    versions = [one.target for one in ledger.deployments if one.id != undoing.id]
    versions += [one.source for one in ledger.deployments if one.source is not None]
    versions += [one.version for one in ledger.judged if one.good]
    name, digests = undoing.target.task_definition, undoing.target.digests
    before = {one.digests for one in versions if one.task_definition == name and one.digests}
    before.discard(failed.target.digests if failed.target.task_definition == name else None)
    return digests is None or not before or digests in before


def linked(ledger: Ledger, acts: Sequence[Act]) -> Ledger:
    """Mark the deployments that our own rollbacks brought about: nobody rolls those back."""
    for row in ledger.deployments:
        act = next((act for act in acts if act.executed and _brought(act, row)), None)
        if act is not None and not row.rolls_back:
            ledger = with_row(ledger, msgspec.structs.replace(row, rolls_back=act.deployment))
    return ledger


def _brought(act: Act, row: Deployment) -> bool:
    if act.deployment == row.id:
        return False
    if act.result is not None:
        return act.result in (row.id, row.ecs_id)
    # The answer of the call was lost: what began then, with that task definition, came of it.
    soon = act.at <= row.began <= act.at + _SOON_S
    return soon and act.task_definition == row.target.task_definition
