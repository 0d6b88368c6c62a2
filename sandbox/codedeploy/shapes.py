"""Deployments as the CodeDeploy API shows them."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.codedeploy.model import Group, Revision, Run, Shape

DEFAULT_CONFIG = "CodeDeployDefault.ECSAllAtOnce"


def moment(seconds: float) -> datetime:
    """Put epoch seconds into the form in which botocore takes times."""
    return datetime.fromtimestamp(seconds, UTC)


def revision_shape(revision: Revision, *, with_content: bool = False) -> Shape:
    """Name a revision; only GetApplicationRevision shows what is in it."""
    content = {"content": revision.content} if with_content else {}
    return {
        "revisionType": "AppSpecContent",
        "appSpecContent": {**content, "sha256": revision.sha256},
    }


def group_shape(group: Group) -> Shape:
    """Describe a deployment group."""
    shape = {
        "deploymentConfigName": DEFAULT_CONFIG,
        **{name: value for name, value in group.settings.items() if name != "tags"},
        "deploymentGroupId": group.id,
        "computePlatform": "ECS",
    }
    if group.last_successful:
        shape["lastSuccessfulDeployment"] = _brief(group.last_successful)
    return shape


def _brief(run: Run) -> Shape:
    return {
        "deploymentId": run.id,
        "status": run.status,
        "createTime": moment(run.created_at),
        "endTime": moment(run.completed_at or run.created_at),
    }


def run_shape(run: Run) -> Shape:
    """Describe a deployment."""
    settings = run.group.settings
    shape: Shape = {
        "applicationName": run.group.application.name,
        "deploymentGroupName": run.group.name,
        "deploymentConfigName": settings.get("deploymentConfigName", DEFAULT_CONFIG),
        "deploymentId": run.id,
        "revision": revision_shape(run.revision),
        "status": run.status,
        "createTime": moment(run.created_at),
        "creator": run.creator,
        "computePlatform": "ECS",
        "rollbackInfo": run.rollback,
        "ignoreApplicationStopFailures": False,
        "updateOutdatedInstancesOnly": False,
        "instanceTerminationWaitTimeStarted": run.shifted_at is not None,
    }
    for name in ("deploymentStyle", "blueGreenDeploymentConfiguration", "loadBalancerInfo"):
        if name in settings:
            shape[name] = settings[name]
    times = {"startTime": run.started_at, "completeTime": run.completed_at}
    shape |= {name: moment(at) for name, at in times.items() if at is not None}
    if run.previous:
        shape["previousRevision"] = revision_shape(run.previous)
    optional = {"description": run.description, "errorInformation": run.error}
    return shape | {name: value for name, value in optional.items() if value}


def target_shape(run: Run, cluster: str, service: str, arn: str) -> Shape:
    """Describe the one target of a deployment to Amazon ECS."""
    status = {"Created": "Pending", "Stopped": "Skipped"}.get(run.status, run.status)
    target = {
        "deploymentId": run.id,
        "targetId": f"{cluster}:{service}",
        "targetArn": arn,
        "lastUpdatedAt": moment(run.completed_at or run.started_at or run.created_at),
        "lifecycleEvents": list(run.lifecycle),
        "status": status,
        "taskSetsInfo": [
            {"identifer": task_set.rsplit("/", 1)[1], "taskSetLabel": label}
            for task_set, label in ((run.original, "Blue"), (run.replacement, "Green"))
            if task_set
        ],
    }
    return {"deploymentTargetType": "ECSTarget", "ecsTarget": target}
