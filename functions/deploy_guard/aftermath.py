"""What came of a rollback call: asked of AWS, because an answer can be lost and others deploy as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from deploy_guard.model import Act, Deployment
from deploy_guard.reality import EcsDeployment, Reality
from deploy_guard.rollback_call import CODEDEPLOY_RUNNING, STOPPABLE

# Longer than a try may run, shorter than the queue hides a message: what died is looked at in the very
# next delivery, and what began later than this was begun by somebody else.
LEASE_S = 40
ROLLING_BACK = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"})
_FAILED_BACK = "ROLLBACK_FAILED"
_UNDER_WAY = "is under way"
# How a rollback stands, in the words of the alerts.
_STANDS = {
    "ROLLBACK_SUCCESSFUL": "is over",
    _FAILED_BACK: "has failed",
    "COMPLETED": "is over",
    "Succeeded": "is over",
    "Failed": "has failed",
    "Stopped": "was stopped",
}
# A deployment may bear a time a little before ours: two clocks.
CLOCKS_S = 10


class Found(msgspec.Struct, frozen=True):
    """A rollback that ``stands`` somehow. ``result`` is the deployment that brings it."""

    result: str
    says: str
    stands: str = _UNDER_WAY


class Began(msgspec.Struct, frozen=True):
    """A deployment of a service, by its ARN or its ``ecs-svc/N``; ``status`` is a service deployment's."""

    id: str
    task_definition: str
    at: float
    status: str = ""


def found(
    row: Deployment, attempt: Act | None, reality: Reality, since: Sequence[Began] | None = None
) -> Found | None:
    """The rollback of a deployment, whoever asked for it; of ``attempt`` if that has no id of its own.

    ``since`` is what AWS shows to have begun from then until the attempt was over, where it was asked:
    others may have deployed in between.
    """
    if row.controller == "CODE_DEPLOY":
        return _by_codedeploy(row, reality)
    status = _status(row, reality, since)
    # A rollback that failed is nobody's to confirm, but it may be what the attempt has come to.
    ended = (*ROLLING_BACK, *((_FAILED_BACK,) if attempt and attempt.executed else ()))
    if status in ended:
        return Found(row.id, f"the service deployment is {status}", stands(status))
    if attempt is None:
        return None
    shown = [Began(one.id, one.task_definition, one.created_at) for one in reality.deployments]
    ours = next((one for one in (*shown, *(since or ())) if _came_of(attempt, one, row)), None)
    if ours is None:
        return None
    name, primary = ours.task_definition.rpartition("/")[2], reality.primary
    if primary is not None and ours.id in (primary.id, reality.current):
        return Found(ours.id, f"{ours.id} deploys {name}", stands(primary.rollout_state))
    return Found(ours.id, f"{ours.id} deployed {name}", "was replaced")


def stands(status: str | None) -> str:
    """What a status, or a rollout state, of whatever brings a rollback means."""
    return _STANDS.get(status or "", _UNDER_WAY)


def may_be_hidden(row: Deployment, attempt: Act | None, reality: Reality) -> bool:
    """Whether what an attempt has come to may be there though the look at the service does not show it."""
    if attempt is None or not attempt.executed or row.controller != "ECS":
        return False
    hides = attempt.task_definition is not None if _updates(attempt) else not reality.find(row.id)
    return hides and found(row, attempt, reality) is None


def had_no_effect(
    row: Deployment, attempt: Act, reality: Reality, since: Sequence[Began] | None
) -> bool:
    """Whether AWS shows that the call was never taken, where nothing was ``found``.

    A call that is taken changes the state at once. A deployment that ended in another way may have been
    asked to go back as well: a request can lose that race.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
    """
    if row.controller == "CODE_DEPLOY":
        mine = reality.code_deployment(row.id)
        creates = _operation(attempt) == "CreateDeployment"
        return creates or (mine is not None and mine.status in CODEDEPLOY_RUNNING)
    if _updates(attempt):
        # Without a name it had not come to the call: the copy was yet to be registered.
        if attempt.task_definition is None or since is not None:
            return True
        return reality.primary is not None and reality.primary.id == row.ecs_id
    return _status(row, reality, since) in STOPPABLE


def _came_of(attempt: Act, one: Began, row: Deployment) -> bool:
    return (
        _updates(attempt)
        and one.id not in (row.id, row.ecs_id)
        and one.task_definition == attempt.task_definition
        and -CLOCKS_S <= one.at - attempt.at <= LEASE_S + CLOCKS_S
    )


def _status(row: Deployment, reality: Reality, since: Sequence[Began] | None) -> str | None:
    """Of the service deployment: one that the ledger takes for ended is not in every look."""
    shown = reality.find(row.id)
    if shown is not None:
        return shown.status
    return next((one.status for one in since or () if one.id == row.id), None)


def _updates(attempt: Act) -> bool:
    """Whether it is a deployment of its own that brings the rollback."""
    return _operation(attempt) == "UpdateService"


def _operation(attempt: Act) -> str:
    """The call that rolls back: the last."""
    return attempt.calls[-1].partition(" ")[0] if attempt.calls else ""


def _by_codedeploy(row: Deployment, reality: Reality) -> Found | None:
    mine = next((one for one in reality.code_deployments if one.id == row.id), None)
    undoing = mine.rollback_id if mine else None
    for one in reality.code_deployments:
        if one.rolls_back == row.id or (undoing and one.id == undoing):
            says = f"deployment {one.id} rolls it back and is {one.status}"
            return Found(one.id, says, stands(one.status))
    return None


def overwritten(before: Reality, row: Deployment, after: Iterable[EcsDeployment]) -> str | None:
    """Somebody's deployment that began between our look and our call: UpdateService has no If-Match."""
    known = {one.id for one in before.deployments} | {row.ecs_id}
    for one in after:
        if one.id not in known and one.status != "PRIMARY":
            return one.id
    return None
