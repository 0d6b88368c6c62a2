"""What a deployment of CodeDeploy has come to.

The API's status decides; a rollback is a deployment of its own that names the one it undoes.
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
"""

from __future__ import annotations

from deploy_guard.model import Deployment, Outcome
from deploy_guard.reality import CodeDeployment, Reality
from deploy_guard.symptoms import Symptoms, failing
from deploy_guard.verdict import Verdict

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
    at = mine.finished_at or now
    if mine.status in _RUNNING:
        # CodeDeploy itself waits an hour for tasks that will never run.
        outcome, why = failing(row, reality, symptoms) or (Outcome.IN_PROGRESS, "it is at it")
        by = "ecs" if outcome is Outcome.IN_PROGRESS else "guard"
        return Verdict(outcome, now, row.target, row.source, mine.error, by, (told, why))
    if mine.status == "Succeeded":
        return Verdict(Outcome.SUCCEEDED, at, row.target, row.target, rules=(told,))
    undone = _undone_by(mine, reality)
    if undone is None:
        return Verdict(Outcome.FAILED, at, row.target, row.source, mine.error, rules=(told,))
    back = f"its rollback {undone.id} is {undone.status}"
    outcome = {"Succeeded": Outcome.ROLLED_BACK}.get(undone.status, Outcome.ROLLBACK_FAILED)
    if undone.status in _RUNNING:
        outcome = Outcome.ROLLING_BACK
    at = undone.finished_at or now
    return Verdict(outcome, at, row.target, row.source, mine.error, rules=(told, back))


def _undone_by(mine: CodeDeployment, reality: Reality) -> CodeDeployment | None:
    return next(
        (
            one
            for one in reality.code_deployments
            if one.rolls_back == mine.id or (mine.rollback_id and one.id == mine.rollback_id)
        ),
        None,
    )
