"""What people must hear of instances: hooks that cannot be completed, tasks that may not be stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from shlex import quote

from ecsops.alerts import Alert, Lines, NextStep
from ecsops.arns import parse_arn
from ecsops.wording import agreeing, counted
from spot_drain.storm import CAPABILITY
from spot_drain.targets import Service
from spot_drain.watching import Watched


def hook_denied(watched: Watched, reason: str, now: float) -> Alert:
    """The group's owner has not tagged it; its hook runs into its own time-out."""
    hook = watched.hook
    group = hook.group if hook else ""
    return Alert(
        incident=f"{CAPABILITY}/hook/{group}",
        stage="denied",
        severity="warning",
        state="open",
        at=now,
        capability=CAPABILITY,
        title=f"{group}: lifecycle hook not answered",
        summary=(
            f"Instance {watched.instance_id} waits in Auto Scaling group {group} until its hook's "
            "own time-out: the toolkit may complete hooks only of groups that are tagged for it."
        ),
        evidence=(Lines("Refusal", (reason,)),),
        next_steps=(
            NextStep(
                "Let the toolkit complete this group's hooks:",
                command=_tagging_command(group),
            ),
        ),
        resources=(watched.arn,),
    )


def hook_over(watched: Watched, how: str, now: float) -> Alert:
    """No instance of the group waits for an answer that the toolkit may not give."""
    group = watched.hook.group if watched.hook else ""
    return _end(
        watched,
        f"{CAPABILITY}/hook/{group}",
        f"over-{watched.instance_id}",
        f"{group}: no lifecycle hook waits for an answer any more",
        f"Instance {watched.instance_id}, the last one that waited: {how}.",
        now,
    )


def hook_given_up(watched: Watched, left: Sequence[str], reason: str, now: float) -> Alert:
    """Tasks do not stop: the instance is held no longer, and not let go either."""
    hook = watched.hook
    group = hook.group if hook else ""
    evidence = (Lines("Still there", tuple(left[:20])),)
    return Alert(
        incident=_held(watched),
        stage="given-up",
        severity="warning",
        state="open",
        at=now,
        capability=CAPABILITY,
        title=f"{group}: {watched.instance_id} is held no longer and still runs tasks",
        summary=(
            f"{counted(len(left), 'task')} on instance {watched.instance_id} "
            f"{agreeing(len(left), 'has', 'have')} not stopped, as far as is known. "
            "The toolkit sends no more heartbeats: the hook's own time-out and default result decide "
            "what happens."
        ),
        evidence=(*evidence, Lines("Last failure", (reason,))) if reason else evidence,
        next_steps=(
            NextStep(
                "Stop the tasks yourself, or tag standalone tasks ecs-ops:spot-drain=on so that the "
                "toolkit may:",
                command=(
                    f"aws ecs list-tasks --cluster {watched.cluster_arn} "
                    f"--container-instance {watched.arn}"
                ),
            ),
        ),
        resources=(watched.arn,),
    )


def hook_cut_short(watched: Watched, left: Sequence[str], now: float) -> Alert:
    """Somebody else answered the hook, or its time ended it: nothing can be done any more."""
    group = watched.hook.group if watched.hook else ""
    return Alert(
        incident=_held(watched),
        stage="cut-short",
        severity="warning",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"{group}: {watched.instance_id} ended under {counted(len(left), 'running task')}",
        summary=(
            f"The wait of instance {watched.instance_id} was over before its tasks had stopped, as far as "
            "is known: its hook was answered by somebody else, or timed out."
        ),
        evidence=(Lines("Ran until then", tuple(left[:20])),),
        resources=(watched.arn,),
    )


def hook_let_go(watched: Watched, how: str, now: float) -> Alert:
    """The end of an instance that the toolkit had ceased to hold."""
    group = watched.hook.group if watched.hook else ""
    return _end(
        watched,
        _held(watched),
        "over",
        f"{group}: {watched.instance_id} is held no longer",
        f"Instance {watched.instance_id} waits no longer: {how}.",
        now,
    )


def _end(
    watched: Watched, incident: str, stage: str, title: str, summary: str, now: float
) -> Alert:
    return Alert(
        incident=incident,
        stage=stage,
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=title,
        summary=summary,
        resources=(watched.arn,),
    )


def stop_denied(service: Service, reason: str, now: float) -> Alert:
    """Its tasks carry no tag that lets the toolkit stop them; told once, however often it is tried."""
    cluster = parse_arn(service.arn).cluster or "default"
    return Alert(
        incident=f"{CAPABILITY}/stop/{service.arn}",
        stage="denied",
        severity="warning",
        state="open",
        at=now,
        capability=CAPABILITY,
        title=f"{cluster}/{service.name}: a task could not be stopped in order",
        summary=(
            "Its instance ends, and the task with it, in the middle of what it does: the toolkit may "
            "stop only tasks that carry the tag ecs-ops:spot-drain=on or ECS's own tags."
        ),
        cluster=cluster,
        service=service.name,
        route=service.route,
        evidence=(Lines("Refusal", (reason,)),),
        next_steps=(
            NextStep(
                "Let ECS tag the service's tasks (enableECSManagedTags, or propagateTags=SERVICE):",
                command=(
                    f"aws ecs update-service --cluster {cluster} --service {service.name} "
                    "--enable-ecs-managed-tags --force-new-deployment"
                ),
            ),
        ),
        resources=(service.arn,),
    )


def stop_allowed(service_arn: str, route: str | None, now: float) -> Alert:
    """Every task of the service that runs now may be stopped in order, or none runs."""
    arn = parse_arn(service_arn)
    cluster = arn.cluster or "default"
    return Alert(
        incident=f"{CAPABILITY}/stop/{service_arn}",
        stage="allowed",
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"{cluster}/{arn.name}: its tasks can be stopped in order",
        summary="All its running tasks carry a tag that lets the toolkit stop them.",
        cluster=cluster,
        service=arn.name,
        route=route,
        resources=(service_arn,),
    )


def _tagging_command(group: str) -> str:
    # A group's name may hold any printable character but a colon: also a comma, and what a shell runs.
    tag = {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": "ecs-ops:spot-drain",
        "Value": "on",
        "PropagateAtLaunch": False,
    }
    return f"aws autoscaling create-or-update-tags --tags {quote(json.dumps([tag]))}"


def _held(watched: Watched) -> str:
    return f"{CAPABILITY}/held/{watched.instance_id}/{watched.began_at:.0f}"
