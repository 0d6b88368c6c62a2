"""A release group in the telling: whose failure others follow, and what becomes of those that follow."""

from __future__ import annotations

import msgspec

from deploy_guard.decision import Decision
from deploy_guard.model import Deployment, Outcome
from deploy_guard.observation import Finding
from deploy_guard.release_group import GIVE_UP_AFTER_S, GOES_BACK
from deploy_guard.scene import Scene
from deploy_guard.story import Story
from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger

FOLLOWS, LEFT_BEHIND = "follows", "left-behind"
# It does go back, whoever asked for that: the guard, ECS's own circuit breaker, or a person.
LEADS = frozenset({"rolling-back", "rolled-back"})
_OVER = frozenset({*GOES_BACK, Outcome.ROLLBACK_FAILED, Outcome.SUPERSEDED})


def with_group(scene: Scene, story: Story) -> Story:
    """The story with the others of its release group; once it goes back, they are sent word."""
    settings, row = scene.settings, story.row
    if settings.release_group is None or settings.group_rollback == "off":
        return story
    if row.follows is not None or row.rolls_back:
        return story
    blame = story.diagnosis.blame if story.diagnosis else "unknown"
    try:
        plan = scene.companions.plan(scene.reality.service, row, settings, blame)
    except CALL_ERRORS as error:
        logger.error("release group not read", service=scene.reality.service, reason=str(error))
        note = f"the other services of release group {settings.release_group} could not be found: {error}"
        return msgspec.structs.replace(story, notes=(*story.notes, note))
    if story.stage in LEADS and not LEADS & set(row.told):
        orders = plan.orders(row, scene.reality.service, story.incident, scene.now)
        scene.outbox.wakes += [(0, one) for one in orders]
    return msgspec.structs.replace(story, together=plan)


def still(scene: Scene, finding: Finding) -> Deployment | None:
    """The row, if it is still to go back with another; None if not."""
    row = scene.row(finding.row)
    follows = row.follows
    if follows is None or follows.over:
        return None
    if row.outcome in _OVER or _is_old(row, scene):
        scene.keep(_over(row))
        return None
    if scene.now >= follows.at + GIVE_UP_AFTER_S:
        scene.keep(_over(row))
        if scene.settings.mode == "auto":
            scene.tell(scene.story(finding, LEFT_BEHIND))
        return None
    return row


def tell_left_behind(scene: Scene, finding: Finding, decision: Decision) -> None:
    """Its turn will not come: whoever goes first is not back, or the one that it follows stays."""
    against = next((one for one in decision.rules if not one.allows), None)
    if decision.kind == "nothing" and against is not None and against.name == "release group":
        scene.tell(scene.story(finding, LEFT_BEHIND, decision=decision))
        scene.keep(_over(scene.row(finding.row)))


def _is_old(row: Deployment, scene: Scene) -> bool:
    """Whether somebody has deployed something else since."""
    later = (one for one in scene.ledger.deployments if one.began > row.began)
    return any(one.rolls_back != row.id for one in later)


def _over(row: Deployment) -> Deployment:
    if row.follows is None:
        return row
    return msgspec.structs.replace(row, follows=msgspec.structs.replace(row.follows, over=True))
