"""The exact call for each controller and state of a deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
"""

from __future__ import annotations

import msgspec

from deploy_guard.actions import (
    Action,
    AnswerHooks,
    CreateCodeDeploy,
    RegisterCopy,
    StopCodeDeploy,
    StopDeployment,
    UpdateService,
)
from deploy_guard.last_known_good import Candidate, NoCandidate
from deploy_guard.model import Deployment, Image, Version
from deploy_guard.reality import CodeDeployment, Reality, ServiceDeployment
from ecsops.arns import parse_arn

STOPPABLE = frozenset({"PENDING", "IN_PROGRESS"})
CODEDEPLOY_RUNNING = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})
MARKER = "ecs-ops: rollback of "


class Way(msgspec.Struct, frozen=True):
    """The way back, or why there is none. ``undecided``: ECS is in between, look again."""

    says: str
    action: Action | None = None
    target: Version | None = None
    undecided: bool = False


def way_back(row: Deployment, reality: Reality, candidate: Candidate | NoCandidate) -> Way:
    """The action for this deployment as it stands."""
    if row.controller == "CODE_DEPLOY":
        return _codedeploy(row, reality, candidate)
    if row.controller == "EXTERNAL":
        return Way("an EXTERNAL controller deploys it")
    deployment = reality.find(row.id)
    if deployment is not None and deployment.status == "STOP_REQUESTED":
        return Way("ECS is stopping the deployment", undecided=True)
    if (
        deployment is not None
        and deployment.status in STOPPABLE
        and row.source is not None
        and candidate.against_source is None
    ):
        # ECS's own way back is the best one: with the network, the load balancers, the weights.
        return _stop(row.source, deployment)
    return _update(reality, candidate)


def _stop(source: Version, deployment: ServiceDeployment) -> Way:
    waiting = tuple(
        hook.id for hook in deployment.hooks if hook.status == "AWAITING_ACTION" and hook.id
    )
    back = f"ECS goes back to {source.name}"
    if waiting:
        return Way(back, AnswerHooks(deployment.arn, waiting), source)
    return Way(back, StopDeployment(deployment.arn), source)


def _update(reality: Reality, candidate: Candidate | NoCandidate) -> Way:
    if isinstance(candidate, NoCandidate):
        return Way(_no_candidate(candidate))
    cluster, service = parse_arn(reality.cluster).name, parse_arn(reality.service).name
    version = candidate.version
    says = f"back to {version.name}: {candidate.proof}"
    if candidate.copy == "mutable":
        copy = RegisterCopy(cluster, service, version.task_definition, _pinned(version))
        return Way(f"{says}, pinned by digest", copy, version)
    if candidate.copy == "inactive":
        copy = RegisterCopy(cluster, service, version.task_definition, ())
        return Way(f"{says}, registered again", copy, version)
    return Way(says, UpdateService(cluster, service, version.task_definition), version)


def _codedeploy(row: Deployment, reality: Reality, candidate: Candidate | NoCandidate) -> Way:
    mine = next((one for one in reality.code_deployments if one.id == row.id), None)
    if mine is None:
        return Way("CodeDeploy does not show the deployment", undecided=True)
    if mine.status in CODEDEPLOY_RUNNING:
        return Way("CodeDeploy goes back to what ran before", StopCodeDeploy(mine.id), row.source)
    if isinstance(candidate, NoCandidate):
        return Way(_no_candidate(candidate))
    version = candidate.version
    deployed_by = _deployed_by(version.task_definition, reality)
    if deployed_by is None:
        return Way(f"no successful CodeDeploy deployment of {version.name} is left to repeat")
    create = CreateCodeDeploy(
        mine.application, mine.group, deployed_by.id, version.task_definition, f"{MARKER}{mine.id}"
    )
    return Way(f"back to {version.name}: {candidate.proof}", create, version)


def _deployed_by(task_definition: str, reality: Reality) -> CodeDeployment | None:
    succeeded = [
        one
        for one in reality.code_deployments
        if one.status == "Succeeded" and one.task_definition == task_definition
    ]
    return max(succeeded, key=lambda one: one.created_at, default=None)


def _pinned(version: Version) -> tuple[Image, ...]:
    return tuple(
        Image(one.container, f"{repository(one.image)}@{one.digest}", one.digest)
        for one in version.images
        if one.digest
    )


def repository(image: str) -> str:
    """``host:5000/app`` of ``host:5000/app:v1`` and of ``host:5000/app@sha256:...``."""
    name, _, last = image.partition("@")[0].rpartition("/")
    return f"{name}/{last.partition(':')[0]}" if name else last.partition(":")[0]


def _no_candidate(none: NoCandidate) -> str:
    if not none.rejected:
        return "no rollback candidate: no version has ever proven good"
    listed = "; ".join(f"{one.version.name}: {one.why}" for one in none.rejected)
    return f"no rollback candidate: {listed}"
