"""What a deployment of CodeDeploy has come to.

The API's status decides; a rollback is a deployment of its own that names the one it undoes.
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
"""

from __future__ import annotations

import msgspec

from deploy_guard.model import Deployment, Outcome
from deploy_guard.reality import CodeDeployment, Reality
from deploy_guard.symptoms import Symptoms, failing
from deploy_guard.verdict import NO_TASKS, Verdict, is_yet_to_come

_SUCCEEDED = "Succeeded"
_RUNNING = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})


def judge_codedeploy(row: Deployment, reality: Reality, symptoms: Symptoms, now: float) -> Verdict:
    """The verdict on a CodeDeploy deployment."""
    if reality.blind:
        return Verdict(
            Outcome.UNKNOWN, now, row.target, rules=("blind: " + "; ".join(reality.blind),)
        )
    mine = next((one for one in reality.code_deployments if one.id == row.id), None)
    if mine is None:
        return Verdict(Outcome.UNKNOWN, now, row.target, rules=("CodeDeploy does not show it",))
    told = f"CodeDeploy says {mine.status}" + (f" ({mine.error_code})" if mine.error_code else "")
    verdict = Verdict(
        Outcome.FAILED, mine.finished_at or now, row.target, row.source, mine.error, rules=(told,)
    )
    if mine.status in _RUNNING or mine.status == _SUCCEEDED:
        return _without_failure(row, reality, mine, symptoms, verdict, now)
    undone = _undone_by(mine, reality)
    if undone is None:
        return verdict
    back = f"its rollback {undone.id} is {undone.status}"
    outcome = {_SUCCEEDED: Outcome.ROLLED_BACK}.get(undone.status, Outcome.ROLLBACK_FAILED)
    if undone.status in _RUNNING:
        outcome = Outcome.ROLLING_BACK
    at = undone.finished_at or now
    return msgspec.structs.replace(verdict, outcome=outcome, at=at, rules=(told, back))


def _without_failure(
    row: Deployment,
    reality: Reality,
    mine: CodeDeployment,
    symptoms: Symptoms,
    verdict: Verdict,
    now: float,
) -> Verdict:
    """CodeDeploy is at it, or done."""
    parked = _without_tasks(row, mine, reality)
    if parked is not None:
        outcome, why = parked
        return msgspec.structs.replace(verdict, outcome=outcome, rules=(*verdict.rules, why))
    if mine.status == _SUCCEEDED and not is_yet_to_come(row, reality):
        # The watch of what completed without tasks begins when it has some.
        at = max(verdict.at, row.idle_at)
        return Verdict(Outcome.SUCCEEDED, at, row.target, row.target, rules=verdict.rules)
    # CodeDeploy itself waits an hour for tasks that will never run.
    outcome, why = failing(row, reality, symptoms) or (Outcome.IN_PROGRESS, "it is at it")
    by = "ecs" if outcome is Outcome.IN_PROGRESS else "guard"
    return msgspec.structs.replace(
        verdict, outcome=outcome, at=now, by=by, rules=(*verdict.rules, why)
    )


def _without_tasks(
    row: Deployment, mine: CodeDeployment, reality: Reality
) -> tuple[Outcome, str] | None:
    """A desired count of 0, now or before: a deployment succeeds at once then, and nothing fails."""
    if row.outcome is Outcome.SUCCEEDED or not (reality.desired == 0 or row.idle_at):
        return None
    newer = [one for one in reality.code_deployments if one.created_at > mine.created_at]
    if newer and mine.status == _SUCCEEDED:
        return Outcome.SUPERSEDED, f"a newer one replaced it: {newer[0].id}"
    return (row.outcome, NO_TASKS) if reality.desired == 0 else None


def _undone_by(mine: CodeDeployment, reality: Reality) -> CodeDeployment | None:
    return next(
        (
            one
            for one in reality.code_deployments
            if one.rolls_back == mine.id or (mine.rollback_id and one.id == mine.rollback_id)
        ),
        None,
    )
