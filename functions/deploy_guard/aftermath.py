"""What came of a rollback call: asked of AWS, because an answer can be lost and others deploy as well."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from deploy_guard.model import Act, Deployment
from deploy_guard.reality import EcsDeployment, Reality

ROLLING_BACK = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"})
# A deployment may bear a time a little before ours: two clocks.
_CLOCKS_S = 10


class Found(msgspec.Struct, frozen=True):
    """A rollback that is under way or over. ``result`` is the deployment that brings it."""

    result: str
    says: str


def found(row: Deployment, attempt: Act | None, reality: Reality) -> Found | None:
    """The rollback of a deployment, whoever asked for it; of ``attempt`` if that has no id of its own."""
    if row.controller == "CODE_DEPLOY":
        return _by_codedeploy(row, reality)
    deployment = reality.find(row.id)
    if deployment is not None and deployment.status in ROLLING_BACK:
        return Found(row.id, f"the service deployment is {deployment.status}")
    primary = reality.primary
    if attempt is None or primary is None or not _came_of(attempt, primary, row):
        return None
    return Found(primary.id, f"{primary.id} deploys {attempt.task_definition}")


def _came_of(attempt: Act, primary: EcsDeployment, row: Deployment) -> bool:
    return (
        primary.id != row.ecs_id
        and primary.task_definition == attempt.task_definition
        and primary.created_at >= attempt.at - _CLOCKS_S
    )


def _by_codedeploy(row: Deployment, reality: Reality) -> Found | None:
    mine = next((one for one in reality.code_deployments if one.id == row.id), None)
    undoing = mine.rollback_id if mine else None
    for one in reality.code_deployments:
        if one.rolls_back == row.id or (undoing and one.id == undoing):
            return Found(one.id, f"deployment {one.id} rolls it back and is {one.status}")
    return None


def overwritten(before: Reality, row: Deployment, after: Iterable[EcsDeployment]) -> str | None:
    """Somebody's deployment that began between our look and our call: UpdateService has no If-Match."""
    known = {one.id for one in before.deployments} | {row.ecs_id}
    for one in after:
        if one.id not in known and one.status != "PRIMARY":
            return one.id
    return None
