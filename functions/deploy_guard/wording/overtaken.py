"""What somebody has deployed since: nobody is to take it for the version that was gone back to."""

from __future__ import annotations

from deploy_guard.reality import EcsDeployment
from deploy_guard.story import Story
from deploy_guard.wording.names import clock, counted


def since(story: Story) -> EcsDeployment | None:
    """Somebody's newer deployment, of neither the version that failed nor the one to go back to."""
    primary, row = story.reality.primary, story.row
    if primary is None or row.controller != "ECS" or primary.created_at <= row.began:
        return None
    back = (story.verdict.serving if story.verdict else None, row.serving, row.source)
    known = {row.target.task_definition, *(one.task_definition for one in back if one is not None)}
    if story.audit is not None:
        known.add(story.audit.task_definition or "")
    return None if primary.id == row.ecs_id or primary.task_definition in known else primary


def told_since(story: Story) -> str | None:
    """``web:3 is being deployed since 10:15 UTC, 1 of 2 tasks run.``, if somebody did deploy."""
    newer = since(story)
    if newer is None:
        return None
    name = newer.task_definition.rpartition("/")[2]
    doing = "is deployed" if newer.rollout_state == "COMPLETED" else "is being deployed"
    run = f"{newer.running} of {newer.desired} tasks run"
    left = sum(one.running for one in story.reality.deployments if one.id != newer.id)
    before = f"; {counted(left, 'task')} of versions before still run" if left else ""
    return f"{name} {doing} since {clock(newer.created_at)}, {run}{before}."
