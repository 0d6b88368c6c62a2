"""What the tasks of a deployment show: whether it fails, or stands still."""

from __future__ import annotations

import math

import msgspec

from deploy_guard.model import Deployment, Outcome
from deploy_guard.reality import Reality

# ECS's own default for services with a breaker; ours for those without. For services with one, its
# threshold is read: it can be configured, and autoscaling moves it.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
_SHARE, FEWEST, _AT_MOST = 0.5, 3, 200
STALLED_AFTER_S = 900
_PLACEMENTS_TO_STALL = 3
NOT_OF_THE_VERSION = frozenset({"capacity", "infra"})
# Stages in which ECS, a hook or a person is at work and tasks need not change.
_WAITING_STAGES = frozenset({"BAKE_TIME", "CLEAN_UP"})
_WAITING_HOOKS = frozenset({"AWAITING_ACTION", "IN_PROGRESS"})


class Symptoms(msgspec.Struct, frozen=True):
    """What its tasks show: ``trips`` when trying again cannot help.

    ``back`` are tasks that failed, since it rolls back, of the deployment that it goes back to.
    """

    failures: int = 0
    placements: int = 0
    blame: str = "unknown"
    trips: bool = False
    back: int = 0


def failing(row: Deployment, reality: Reality, symptoms: Symptoms) -> tuple[Outcome, str] | None:
    """What its failed tasks come to, and why; None: nothing yet."""
    if symptoms.trips:
        why = f"{symptoms.failures} failed, and trying the same again cannot help"
        return Outcome.FAILED, why
    limit = threshold(row, reality)
    if symptoms.failures < limit:
        return None
    why = f"{symptoms.failures} tasks failed, {limit} are the limit"
    if symptoms.blame in NOT_OF_THE_VERSION:
        return Outcome.STALLED, f"{why}; the cause is {symptoms.blame}"
    return Outcome.FAILED, why


def stalled(
    row: Deployment, reality: Reality, symptoms: Symptoms, now: float
) -> tuple[Outcome, str] | None:
    """Whether nothing moves any more, and why; None: it does, or may."""
    if symptoms.placements >= _PLACEMENTS_TO_STALL and not symptoms.failures:
        return Outcome.STALLED, f"{symptoms.placements} times a task found no place"
    if _stands_still(row, reality, now):
        minutes = round((now - max(row.began, row.progress_at)) / 60)
        return Outcome.STALLED, f"nothing has moved for {minutes} minutes"
    return None


def threshold(row: Deployment, reality: Reality) -> int:
    """How many failed tasks are too many: the breaker's word, or its default without one."""
    deployment = reality.find(row.id)
    breaker = deployment.breaker if deployment else None
    if breaker is not None and breaker.threshold and has_breaker(row, reality):
        return breaker.threshold
    return min(max(math.ceil(_SHARE * reality.desired), FEWEST), _AT_MOST)


def has_breaker(row: Deployment, reality: Reality) -> bool:
    """Whether ECS's own circuit breaker is on for it."""
    deployment = reality.find(row.id)
    breaker = deployment.breaker if deployment else None
    return breaker is not None and breaker.status != "DISABLED"


def _stands_still(row: Deployment, reality: Reality, now: float) -> bool:
    deployment = reality.find(row.id)
    if deployment is not None:
        if deployment.stage in _WAITING_STAGES:
            return False
        if any(hook.status in _WAITING_HOOKS for hook in deployment.hooks):
            return False
    primary = reality.primary
    running = primary.running if primary is not None else reality.running
    quiet = now - max(row.began, row.progress_at)
    return running < reality.desired and quiet >= STALLED_AFTER_S
